// Forms that save as they are filled in:
//
//   <form method="post" action="/…" data-autosave> … <button>Save my answers</button></form>
//
// 600 ms after the last change the whole form is posted to its own address, with the header X-Requested-With: fetch.
// The server answers {"said": "Saved at 10:42am", "replace": {"counter": "<p>…"}}: `said` is spoken by the status
// region, `replace` gives elements by id their new inside. A save that fails is tried again, and said; the button
// stays, so nothing depends on this.

import { say } from "./status.js";

const AFTER = 600;
const MOST_BETWEEN_TRIES = 30000;

for (const form of document.querySelectorAll("form[data-autosave]")) {
  saveAsFilledIn(form);
}

function saveAsFilledIn(form) {
  let timer = 0;
  let saving = false;
  let changed = 0; // changes not yet safe on the server
  let wait = AFTER;

  const later = (delay) => {
    clearTimeout(timer);
    timer = setTimeout(save, delay);
  };

  form.addEventListener("change", () => {
    changed += 1;
    wait = AFTER;
    later(AFTER);
  });
  form.addEventListener("submit", () => {
    clearTimeout(timer);
    changed = 0;
  });
  addEventListener("online", () => changed && later(0));
  addEventListener("beforeunload", (event) => changed && event.preventDefault());

  async function save() {
    if (saving) {
      later(AFTER);
      return;
    }
    saving = true;
    const upTo = changed;
    try {
      const answer = await fetch(form.action, {
        method: "POST",
        body: new FormData(form),
        headers: { "X-Requested-With": "fetch", Accept: "application/json" },
      });
      if (answer.ok && answer.headers.get("Content-Type")?.startsWith("application/json")) {
        changed -= upTo;
        wait = AFTER;
        show(await answer.json());
      } else if (answer.status >= 500) {
        failed("Not saved. We keep trying.");
      } else {
        // The page is out of date or no longer open: only a whole post can say what to do.
        changed = 0;
        say("Not saved. Press the save button to see why.", { fails: true });
      }
    } catch {
      failed(`Not saved. Check your connection, we keep trying. ${changed === 1 ? "1 change waits" : `${changed} changes wait`}`);
    } finally {
      saving = false;
      if (changed > 0) {
        later(wait);
      }
    }
  }

  function failed(sentence) {
    wait = Math.min(wait * 2, MOST_BETWEEN_TRIES);
    say(sentence, { fails: true });
  }
}

function show({ said, replace = {} }) {
  for (const [id, html] of Object.entries(replace)) {
    const part = document.getElementById(id);
    if (part && part.innerHTML !== html) {
      part.innerHTML = html;
    }
  }
  if (said) {
    say(said);
  }
}
