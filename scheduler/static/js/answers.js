// Saves each answer as it is chosen: one change a request, 600 ms after the last, in the order they were made. What
// cannot be sent waits and is tried again; each carries the moment it was chosen, so late or twice does no harm.
// Without this module the same form is posted as a whole by its button.

import { say } from "./status.js";

const AFTER = 600;
const FIRST_WAIT = 1000;
const LONGEST_WAIT = 30000;

const form = document.querySelector("form[data-answers]");
if (form) {
  const opened = Date.now();
  const waiting = new Map(); // name of a field -> {value, since}
  let timer = 0;
  let sending = false;
  let leaving = false;
  let pause = FIRST_WAIT;

  const later = (delay) => {
    clearTimeout(timer);
    timer = setTimeout(send, delay);
  };

  const changed = (name, value) => {
    // Taken out first: the last one chosen is the last one sent.
    waiting.delete(name);
    waiting.set(name, { value, since: Date.now() - opened });
    later(AFTER);
  };

  form.addEventListener("change", ({ target }) => {
    if (target.type === "radio") {
      clearButton(target.name).hidden = false;
      changed(target.name, target.value);
    } else if (target.name === "comment") {
      changed("comment", target.value);
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
  });
  addEventListener("pageshow", () => {
    leaving = false;
  });
  addEventListener("online", () => waiting.size && later(0));
  addEventListener("beforeunload", (event) => {
    if (waiting.size && !leaving) {
      event.preventDefault();
    }
  });

  async function send() {
    if (sending || leaving || waiting.size === 0) {
      return;
    }
    sending = true;
    const [name, change] = waiting.entries().next().value;
    try {
      const reply = await fetch(form.action, { method: "POST", headers: { "X-Requested-With": "fetch" }, body: body(name, change) });
      const saved = reply.headers.get("Content-Type")?.startsWith("application/json") ? await reply.json() : null;
      if (saved && reply.ok) {
        pause = FIRST_WAIT;
        if (waiting.get(name) === change) {
          waiting.delete(name);
        }
        show(saved);
      } else if (reply.status >= 500 || reply.status === 429) {
        failed();
      } else {
        // Closed, or the page is too old: only a whole post can say what to do, and nothing chosen is lost by it.
        waiting.clear();
        say(saved?.said ?? "Not saved. Select Save my answers to see why.", { fails: true });
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

  function body(name, { value, since }) {
    const data = new URLSearchParams({ since, made: form.dataset.made, [name]: value });
    data.set("csrf_token", form.querySelector("[name=csrf_token]").value);
    return data;
  }

  function failed() {
    pause = Math.min(pause * 2, LONGEST_WAIT);
    const answers = waiting.size === 1 ? "1 answer waits" : `${waiting.size} answers wait`;
    say(`Not saved. Check your connection, we keep trying. ${answers}.`, { fails: true });
  }

  function show({ said, parts, state, done }) {
    for (const [id, words] of Object.entries(parts)) {
      const element = document.getElementById(id);
      if (element && element.textContent !== words) {
        element.textContent = words;
      }
    }
    form.querySelector("[name=was]").value = state;
    document.querySelector("form[data-undo]")?.remove();
    if (waiting.size === 0) {
      say(done ? `${said}. Nothing is left to answer.` : said);
    }
  }

  function clearButton(name) {
    return form.querySelector(`button[data-clear="${name}"]`);
  }
}
