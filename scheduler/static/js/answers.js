// Saves each answer as it is chosen: one change a request, 600 ms after the last, in the order they were made. What
// cannot be sent waits and is tried again, also after the page was closed; each carries the moment it was chosen, so late
// or twice does no harm, and an answer given elsewhere since stands.
// Without this module the same form is posted as a whole by its button.

import { say } from "./status.js";
import { forgetOld, Waiting } from "./waiting.js";

const AFTER = 600;
const FIRST_WAIT = 1000;
const LONGEST_WAIT = 30000;

forgetOld();

const form = document.querySelector("form[data-answers]");
const under = document.querySelector("[data-kept-under]")?.dataset.keptUnder; // on a person's own page alone
const kept = under ? new Waiting(under) : null;
if (form) {
  const opened = Date.now();
  const waiting = new Map(); // name of a field -> {value, made, since}: when the page was made, and what passed since
  let safe = Boolean(kept); // whether all that waits is kept when the page is closed
  let refused = "";
  let timer = 0;
  let sending = false;
  let leaving = false;
  let pause = FIRST_WAIT;

  const later = (delay) => {
    clearTimeout(timer);
    timer = setTimeout(send, delay);
  };

  const changed = (name, value, more) => {
    // Taken out first: the last one chosen is the last one sent.
    waiting.delete(name);
    const change = { value, made: form.dataset.made, since: Date.now() - opened, ...more };
    waiting.set(name, change);
    safe = Boolean(kept?.keep(name, change)) && safe;
    refused = "";
    later(AFTER);
  };

  form.addEventListener("change", ({ target }) => {
    if (target.type === "radio") {
      clearButton(target.name).hidden = false;
      changed(target.name, target.value);
    } else if (target.name === "comment") {
      changed("comment", target.value, { was: target.defaultValue });
    }
  });

  form.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-clear]");
    if (!button) {
      return;
    }
    event.preventDefault();
    const radios = form.querySelectorAll(`[name="${button.dataset.clear}"]`);
    for (const radio of radios) {
      radio.checked = false;
    }
    button.hidden = true;
    radios[0].focus();
    changed(button.dataset.clear, "");
  });

  // A button posts the whole form, and with it whatever still waits.
  document.addEventListener("submit", () => {
    leaving = true;
    clearTimeout(timer);
    // Should the post fail, they are sent again; should it succeed, it may have done more than they say.
    for (const [name, change] of waiting) {
      kept?.keep(name, { ...change, posted: true });
    }
  });
  addEventListener("pageshow", () => {
    leaving = false;
  });
  addEventListener("online", () => waiting.size && later(0));
  document.addEventListener("visibilitychange", () => document.hidden && send());
  addEventListener("beforeunload", (event) => {
    if (waiting.size && !leaving && !safe) {
      event.preventDefault();
    }
  });

  if (kept) {
    takeUp();
  }

  async function send() {
    if (sending || leaving || waiting.size === 0) {
      return;
    }
    sending = true;
    const [name, change] = waiting.entries().next().value;
    try {
      const reply = await fetch(form.action, { method: "POST", keepalive: true, headers: { "X-Requested-With": "fetch" }, body: body(name, change) });
      const saved = reply.headers.get("Content-Type")?.startsWith("application/json") ? await reply.json() : null;
      if (saved && reply.ok) {
        pause = FIRST_WAIT;
        settle(name, change);
        show(saved, change.posted && storedIn(saved.state).get(name) !== change.value);
      } else if (reply.status >= 500 || reply.status === 429) {
        failed();
      } else {
        // Closed, or the page is too old: only a whole post can say what to do, and nothing chosen is lost by it.
        refused = saved?.said ?? "Not saved. Select Save my answers to see why.";
        if (saved) {
          settle(name, change);
        } else {
          waiting.clear(); // kept all the same: the page that is opened next is not too old
        }
        say(refused, { fails: true });
      }
    } catch {
      failed();
    } finally {
      sending = false;
      if (waiting.size) {
        later(pause > FIRST_WAIT ? pause : 0);
      }
    }
  }

  function settle(name, change) {
    kept?.drop(name, change);
    if (waiting.get(name) === change) {
      waiting.delete(name);
    }
  }

  function body(name, { value, made, since }) {
    const data = new URLSearchParams({ since, made, [name]: value });
    data.set("csrf_token", form.querySelector("[name=csrf_token]").value);
    return data;
  }

  function failed() {
    pause = Math.min(pause * 2, LONGEST_WAIT);
    const answers = waiting.size === 1 ? "1 answer waits" : `${waiting.size} answers wait`;
    say(`Not saved. Check your connection, we keep trying. ${answers}${safe ? " on this device" : ""}.`, { fails: true });
  }

  function show({ said, parts, state, done }, silent) {
    for (const [id, words] of Object.entries(parts)) {
      const element = document.getElementById(id);
      if (element && element.textContent !== words) {
        element.textContent = words;
      }
    }
    form.querySelector("[name=was]").value = state;
    showAnswers(state);
    document.querySelector("form[data-undo]")?.remove();
    if (waiting.size === 0 && !refused && !silent) {
      say(done ? `${said.replace(/\.$/, "")}. Nothing is left to answer.` : said);
    }
  }

  // As they are stored, which may have changed elsewhere; what waits stays as it was chosen.
  function showAnswers(state) {
    const stored = storedIn(state);
    for (const button of form.querySelectorAll("button[data-clear]")) {
      const name = button.dataset.clear;
      if (!waiting.has(name)) {
        choose(name, stored.get(name) ?? "");
      }
    }
  }

  function storedIn(state) {
    return new Map(state.split(" ").filter(Boolean).map((pair) => `date-${pair}`.split(":")));
  }

  function choose(name, value) {
    for (const radio of form.querySelectorAll(`[name="${name}"]`)) {
      radio.checked = radio.value === value;
    }
    clearButton(name).hidden = !value;
  }

  // What was chosen on this device when the page was last open, and could not be saved then.
  function takeUp() {
    const comment = form.elements.comment;
    let late = 0;
    for (const [name, change] of kept.all()) {
      if (name === "comment") {
        // No moment settles between two texts: what was written elsewhere since stays, and this is added to it.
        const other = change.was !== comment.value && change.value !== comment.value;
        change.value = other ? `${comment.value}\n${change.value}`.trim() : change.value;
        comment.value = change.value;
        waiting.set(name, change);
      } else if (clearButton(name)) {
        if ((form.querySelector(`[name="${name}"]:checked`)?.value ?? "") === change.value) {
          kept.drop(name, change);
        } else {
          if (!change.posted) {
            choose(name, change.value);
          }
          waiting.set(name, change);
        }
      } else {
        kept.drop(name, change);
        late += 1;
      }
    }
    if (late) {
      refused = tooLate(late);
    }
    if (waiting.size) {
      later(0);
    }
  }

  function clearButton(name) {
    return form.querySelector(`button[data-clear="${name}"]`);
  }
}

// Nothing takes answers any more: what waited is let go of, and said.
if (kept && !form) {
  const late = kept.all();
  for (const [name, change] of late) {
    kept.drop(name, change);
  }
  if (late.length) {
    tooLate(late.length);
  }
}

function tooLate(number) {
  const sentence = `${number === 1 ? "1 answer" : `${number} answers`} on this device came too late to be saved.`;
  say(sentence, { fails: true });
  return sentence;
}

// Shown only where it can work, and fetched only by those who open it.
const compare = document.getElementById("compare");
if (compare && "Worker" in window) {
  compare.hidden = false;
  compare.addEventListener("toggle", () => import("./compare.js").then(({ start }) => start()), { once: true });
}
