// The board of a plan: the panel without a new page, cards that can be dragged, keys on a card, who else is here.
// Every move is the post of a form, as it is without scripts; the page it answers with brings focus to the card.

import { say } from "./status.js";

const board = document.querySelector(".app-board");
const panel = document.getElementById("panel");
const here = document.getElementById("here");
const drop = document.getElementById("drop");
const EDGE = 64; // pixels from the edge of the board in which it scrolls while a card is dragged
const STEP = 24;
const EVERY = 10000;
let opener = null;

// ---- the panel

async function openPanel(link, place = "") {
  const address = new URL(link.href);
  address.searchParams.set("part", "panel");
  if (place) address.searchParams.set("place", place);
  let answer;
  try {
    answer = await fetch(address, { headers: { "X-Requested-With": "fetch" } });
  } catch {
    answer = null;
  }
  if (!answer?.ok) {
    location.assign(link.href);
    return;
  }
  panel.innerHTML = await answer.text();
  panel.hidden = false;
  panel.parentElement.classList.add("app-board-frame--open");
  opener = link;
  (panel.querySelector("input:checked, input[type=radio]") ?? panel.querySelector("#panel-heading"))?.focus();
  if (place) panel.querySelector("[name=reason]")?.focus();
  panel.scrollIntoView({ block: "nearest" });
}

function closePanel() {
  panel.hidden = true;
  panel.replaceChildren();
  panel.parentElement.classList.remove("app-board-frame--open");
  opener?.focus();
  opener = null;
}

board.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-opens]");
  if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
    event.preventDefault();
    openPanel(link);
  }
});

panel.addEventListener("click", (event) => {
  const link = event.target.closest("a");
  if (link && link.textContent.trim() === "Close" && opener) {
    event.preventDefault();
    closePanel();
  }
});

panel.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && opener) {
    event.preventDefault();
    closePanel();
  }
});

// ---- keys: Enter and L on a card, undo and redo outside fields

document.addEventListener("keydown", (event) => {
  const inField = event.target.matches("input:not([type=radio]), select, textarea");
  if ((event.ctrlKey || event.metaKey) && !event.altKey && !inField) {
    const redo = event.key.toLowerCase() === "y" || (event.key.toLowerCase() === "z" && event.shiftKey);
    const form = redo || event.key.toLowerCase() === "z" ? document.querySelector(redo ? ".app-board-redo" : ".app-board-undo") : null;
    if (form) {
      event.preventDefault();
      form.requestSubmit();
    }
    return;
  }
  const card = event.target.closest(".app-board-card");
  if (!card || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Enter" && event.target === card) {
    event.preventDefault();
    const link = card.querySelector("a[data-opens]");
    if (link) openPanel(link);
  } else if (event.key.toLowerCase() === "l") {
    card.querySelector("a[data-locks]")?.click();
  }
});

// ---- dragging: each column says what the panel would say, and takes the card only where it may go

let dragged = null;

function price(column) {
  return column.querySelector("[data-price]");
}

function clear() {
  dragged?.card.classList.remove("app-board-card--dragged");
  for (const column of board.querySelectorAll(".app-board-column")) {
    column.classList.remove("app-board-column--open", "app-board-column--closed", "app-board-column--over");
    price(column).hidden = true;
  }
  dragged = null;
}

async function begin(card) {
  const mine = { card, found: null };
  dragged = mine;
  card.classList.add("app-board-card--dragged");
  for (const column of board.querySelectorAll(".app-board-column")) {
    price(column).textContent = "Working it out";
    price(column).hidden = false;
  }
  const address = new URL(here.dataset.places, location.href);
  address.searchParams.set("party", card.dataset.party);
  const answer = await fetch(address, { headers: { "X-Requested-With": "fetch" } }).catch(() => null);
  const found = answer?.ok ? await answer.json() : null;
  if (dragged !== mine) return;
  if (!found) {
    clear();
    say("Not connected, so nothing can be moved now.", { fails: true });
    return;
  }
  mine.found = found;
  for (const place of found.places) {
    const column = board.querySelector(`[data-place="${CSS.escape(place.place)}"]`);
    if (!column) continue;
    price(column).textContent = place.words;
    column.classList.add(place.open ? "app-board-column--open" : "app-board-column--closed");
  }
}

for (const card of board.querySelectorAll(".app-board-card")) {
  card.draggable = true;
}

board.addEventListener("dragstart", (event) => {
  const card = event.target.closest?.(".app-board-card");
  if (!card) return;
  event.dataTransfer.setData("text/plain", card.dataset.party);
  event.dataTransfer.effectAllowed = "move";
  const ready = begin(card);
  dragged.ready = ready;
});

board.addEventListener("dragover", (event) => {
  if (!dragged) return;
  const edges = board.getBoundingClientRect();
  if (event.clientX > edges.right - EDGE) board.scrollLeft += STEP;
  if (event.clientX < edges.left + EDGE) board.scrollLeft -= STEP;
  if (event.clientY > innerHeight - EDGE) scrollBy(0, STEP);
  if (event.clientY < EDGE) scrollBy(0, -STEP);
  const column = event.target.closest(".app-board-column");
  for (const other of board.querySelectorAll(".app-board-column--over")) {
    if (other !== column) other.classList.remove("app-board-column--over");
  }
  // Before the prices have come a card may be dropped too: it waits for them.
  if (column && (!dragged.found || column.classList.contains("app-board-column--open"))) {
    event.preventDefault();
    event.dataTransfer.dropEffect = "move";
    column.classList.add("app-board-column--over");
  }
});

board.addEventListener("drop", async (event) => {
  const column = event.target.closest(".app-board-column");
  if (!dragged || !column) return;
  event.preventDefault();
  const mine = dragged;
  mine.dropped = true;
  await mine.ready;
  if (dragged !== mine) return; // it could not be priced, and that was said
  const { card, found } = mine;
  clear();
  const place = found.places.find((each) => each.place === column.dataset.place);
  if (!place?.open) {
    say(place ? place.words : "It cannot go there.", { fails: true });
  } else if (place.asks) {
    openPanel(card.querySelector("a[data-opens]"), place.place); // the mix is overruled with a reason alone
  } else {
    const values = { subject: card.dataset.party, place: place.place, version: found.version, cost: found.cost };
    for (const [name, value] of Object.entries(values)) {
      drop.elements[name].value = value;
    }
    drop.requestSubmit();
  }
});

board.addEventListener("dragend", () => {
  if (!dragged?.dropped) clear(); // also after Escape
});

// ---- who else is here

async function tell() {
  if (document.hidden) return;
  const body = new URLSearchParams({
    csrf_token: drop.elements.csrf_token.value,
    version: here.dataset.version,
  });
  const answer = await fetch(here.dataset.here, { method: "POST", headers: { "X-Requested-With": "fetch" }, body }).catch(() => null);
  if (!answer?.ok) return;
  const told = await answer.json();
  here.textContent = told.here;
  if (told.news) say(told.news);
}

tell();
setInterval(tell, EVERY);
