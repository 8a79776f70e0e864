// Check-in: each tap is shown at once, kept on this phone and sent; without a line it waits, also when the page is closed.
// A tap carries its own id and the moment it was made: late or twice does no harm, and of two desks the later tap stands.
// Without this module every button posts the page's own form.

import { say } from "./status.js";
import { forgetOld, Waiting } from "./waiting.js";

const FIRST_WAIT = 1000;
const LONGEST_WAIT = 30000;
const NEWS_EVERY = 20000; // what other desks marked
const CAME = ["present", "deputy"];
const TARGETS = { here: "present", "not-here": "absent", apologies: "apologies", "no-apologies": "absent", "deputy-here": "deputy" };

const COMMON = new Set(["nhs", "foundation", "trust"]); // in nearly every name, so that they find nobody

forgetOld();

const form = document.querySelector("form[data-desk]");
const list = document.querySelector("[data-lines]");
const kept = new Waiting(document.querySelector("[data-kept-under]").dataset.keptUnder);
const opened = Date.now();
const waiting = new Map(kept.all()); // id of a tap -> {do, made, since, fields}
let show = document.querySelector("[data-show][aria-current]")?.dataset.show ?? "";
let safe = true; // whether all that waits is kept when the page is closed
let refused = "";
let sending = false;
let pause = FIRST_WAIT;
let timer = 0;

for (const [id, tap] of waiting) {
  foresee(id, tap);
}
tell();
if (waiting.size) {
  later(0);
}
setInterval(() => !document.hidden && !waiting.size && ask(), NEWS_EVERY);
addEventListener("online", () => later(0));
document.addEventListener("visibilitychange", () => (document.hidden || waiting.size ? send() : ask()));
addEventListener("beforeunload", (event) => {
  if (waiting.size && !safe) {
    event.preventDefault();
  }
});

// Two taps a person: a name is found as it is typed, and marked by one button.
const find = document.getElementById("find");
document.querySelector("[data-find]").hidden = true;
find.form.addEventListener("submit", (event) => event.preventDefault());
find.addEventListener("input", filter);
for (const link of document.querySelectorAll("[data-show]")) {
  link.addEventListener("click", (event) => {
    event.preventDefault();
    document.querySelector("[data-show][aria-current]")?.removeAttribute("aria-current");
    link.setAttribute("aria-current", "true");
    show = link.dataset.show;
    filter();
  });
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const button = event.submitter;
  if (!button?.value) {
    return;
  }
  made({ do: button.value, fields: {}, who: button.dataset.announced });
  if (find.value) {
    find.value = "";
    filter();
    button.closest("li").querySelector("[data-mark='here']")?.focus();
  }
});

for (const adds of document.querySelectorAll("form[data-adds]")) {
  adds.addEventListener("submit", (event) => {
    const fields = Object.fromEntries([...new FormData(adds)].filter(([name]) => name !== "csrf_token"));
    const needed = adds.dataset.adds === "walk-in" ? ["walk-in-name", "walk-in-trust"] : ["deputy-for_whom", "deputy-name"];
    if (needed.some((name) => !fields[name].trim())) {
      return; // the page that comes back says at which field
    }
    event.preventDefault();
    made({ do: adds.dataset.adds, fields });
    adds.reset();
    adds.closest("details").open = false;
    adds.closest("details").querySelector("summary").focus();
  });
}

function made(tap) {
  const id = crypto.randomUUID ? crypto.randomUUID() : `${Date.now()}-${Math.random().toString(36).slice(2)}`;
  Object.assign(tap, { made: form.dataset.made, since: Date.now() - opened });
  waiting.set(id, tap);
  safe = Boolean(kept.keep(id, tap)) && safe;
  refused = "";
  foresee(id, tap);
  tell();
  later(0);
}

function later(delay) {
  clearTimeout(timer);
  timer = setTimeout(send, delay);
}

async function send() {
  if (sending || waiting.size === 0) {
    return;
  }
  sending = true;
  const [id, tap] = waiting.entries().next().value;
  try {
    const data = new URLSearchParams({ ...tap.fields, do: tap.do, made: tap.made, since: tap.since, tap: id });
    data.set("csrf_token", form.querySelector("[name=csrf_token]").value);
    const reply = await fetch(form.action, { method: "POST", keepalive: true, headers: { "X-Requested-With": "fetch" }, body: data });
    const news = reply.headers.get("Content-Type")?.startsWith("application/json") ? await reply.json() : null;
    if (news) {
      pause = FIRST_WAIT;
      waiting.delete(id);
      kept.drop(id, tap);
      document.getElementById(`new-${id}`)?.remove();
      if (reply.ok) {
        refused = refused || "";
      } else {
        refused = news.said;
        giveBack(tap);
      }
      showLines(news.lines);
      tell();
      if (refused) {
        say(refused, { fails: true });
      } else if (!waiting.size) {
        say(news.said);
      }
    } else if (reply.status >= 500 || reply.status === 429) {
      failed();
    } else {
      // The link has ended or the log-in has: only the whole page can say so. What waits stays on this phone.
      pause = LONGEST_WAIT;
      refused = "Not saved. Load this page again to see why. What you tapped is kept on this phone.";
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

function failed() {
  pause = Math.min(pause * 2, LONGEST_WAIT);
  say(`No connection. What you tap is kept${safe ? " on this phone" : ""} and sent when it is back.`, { fails: true });
}

async function ask() {
  try {
    const reply = await fetch(form.dataset.state, { headers: { "X-Requested-With": "fetch" } });
    if (reply.ok && !waiting.size) {
      showLines((await reply.json()).lines);
      tell();
    }
  } catch {
    // no line: the next tap or the next time says so
  }
}

// What a tap will have done, shown before it is.
function foresee(id, tap) {
  const [deed, key] = tap.do.split(":");
  const who = tap.fields["deputy-name"] ?? tap.who;
  if (deed === "walk-in") {
    const line = added(`new-${id}`, tap.fields["walk-in-name"], tap.fields["walk-in-trust"]);
    set(line, { state: "present", at: "", note: "Walked in" });
    return;
  }
  const line = document.getElementById(deed === "came-for" ? tap.fields["deputy-for_whom"] : key);
  if (line) {
    const state = deed === "came-for" ? "deputy" : TARGETS[deed];
    set(line, { state, at: "", note: state === "deputy" ? `${who} came for them` : line.hasAttribute("data-walk-in") ? "Walked in" : "" });
  }
}

// As other desks and this one have marked; what waits here stays as it was tapped.
function showLines(lines) {
  const mine = new Set([...waiting.values()].map((tap) => tap.do.split(":")[1] ?? tap.fields["deputy-for_whom"]));
  for (const [key, says] of Object.entries(lines)) {
    const line = document.getElementById(key) ?? (says.name && added(key, says.name, says.whence));
    if (line && !mine.has(key)) {
      set(line, says);
    }
  }
}

function added(key, name, about) {
  const line = document.getElementById("line").content.firstElementChild.cloneNode(true);
  line.id = key;
  line.querySelector("[data-name]").textContent = name;
  line.querySelector("[data-whence]").textContent = about;
  for (const button of line.querySelectorAll("button")) {
    button.hidden = key.startsWith("new-"); // not known there yet, so that nothing can be said of it
    button.querySelector(".nhsuk-u-visually-hidden").textContent = ` ${name}`;
  }
  list.prepend(line);
  return line;
}

function set(line, { state, at, note }) {
  const here = CAME.includes(state);
  line.dataset.state = state;
  line.querySelector("[data-note]").textContent = note;
  line.querySelector("[data-announced]")?.remove();
  press(line.querySelector("[data-mark='here']"), here, here ? "not-here" : "here", line.id);
  press(line.querySelector("[data-mark='apologies']"), state === "apologies", state === "apologies" ? "no-apologies" : "apologies", line.id);
  const word = line.querySelector("[data-word]");
  if (word) {
    word.textContent = `${state === "deputy" ? "Deputy" : "Here"} ${here ? at : ""}`.trim();
  }
}

function press(button, pressed, deed, key) {
  if (button) {
    button.setAttribute("aria-pressed", String(pressed));
    button.value = `${deed}:${key}`;
  }
}

// Refused by the desk's server: what was typed stands in its form again.
function giveBack(tap) {
  const adds = document.querySelector(`form[data-adds="${tap.do}"]`);
  for (const [name, value] of Object.entries(adds ? tap.fields : {})) {
    if (!adds.elements[name].value) {
      adds.elements[name].value = value;
    }
    adds.closest("details").open = true;
  }
  if (!adds) {
    ask();
  }
}

function tell() {
  const lines = [...list.children];
  const expected = lines.filter((line) => !line.hasAttribute("data-walk-in"));
  const here = expected.filter((line) => CAME.includes(line.dataset.state)).length;
  const walkIns = lines.filter((line) => line.hasAttribute("data-walk-in") && line.dataset.state === "present").length;
  const words = walkIns ? `, and ${walkIns} ${walkIns === 1 ? "walk-in" : "walk-ins"}` : "";
  document.querySelector("[data-count]").textContent = `${here} of ${expected.length} here${words}`;
  const waits = document.querySelector("[data-waits]");
  waits.hidden = waiting.size === 0;
  waits.textContent = `${waiting.size} not yet sent`;
  for (const number of document.querySelectorAll("[data-number]")) {
    number.textContent = lines.filter((line) => fits(line, number.dataset.number)).length;
  }
}

function filter() {
  const parts = find.value.toLowerCase().split(/\s+/).filter(Boolean);
  let any = false;
  for (const line of list.children) {
    const words = `${text(line, "name")} ${text(line, "whence")}`.toLowerCase().split(/\s+/).filter((word) => !COMMON.has(word));
    line.hidden = !fits(line, show) || !parts.every((part) => words.some((word) => word.startsWith(part)));
    any = any || !line.hidden;
  }
  document.querySelector("[data-nobody]").hidden = any || !list.children.length;
}

function text(line, part) {
  return line.querySelector(`[data-${part}]`).textContent;
}

function fits(line, filter) {
  const { state } = line.dataset;
  return filter === "" || (filter === "apologies" ? state === "apologies" : state === "" || state === "absent");
}
