// "Compare with my calendar": an .ics file is read in this browser by a worker, and each date that clashes with it is
// marked in words. Nothing of the file is sent, kept, or read as anything but text.

import { say } from "./status.js";

const LARGEST = 10 * 1024 * 1024;
const PATIENCE = 20_000; // milliseconds; the worker bounds its own work, this is for what nobody thought of
const DAY = 86_400_000;
const DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const MONTHS = "January February March April May June July August September October November December".split(" ");
const REFUSED = {
  "not a calendar": "The file you chose is not a calendar. Choose a file that ends in .ics",
  "no entries": "The calendar you chose has no entries. Check that you exported the right one",
  "not read": "The file you chose could not be read. Export your calendar again and choose that file",
  "takes too long": "The calendar you chose takes too long to read. Export fewer months and choose that file",
};

const part = document.getElementById("compare");
const field = document.getElementById("calendar-file");
const result = document.getElementById("compared");
const away = document.getElementById("take-marks-away");
let worker = null;
let timer = 0;

/** Let the part of the page do its work. */
export function start() {
  const chosen = () => field.files.length && compareWith(field.files[0]);
  field.addEventListener("change", chosen);
  chosen(); // while this module was on its way
  away.addEventListener("click", () => {
    stop();
    takeMarksAway();
    field.value = "";
    field.focus();
    say("The marks are taken away.");
  });
}

async function compareWith(file) {
  stop();
  takeMarksAway();
  part.ariaBusy = "true";
  const fault = await faultOf(file);
  if (fault) {
    refuse(fault);
    return;
  }
  say("Reading your calendar.");
  worker = new Worker(new URL("./calendar/worker.js", import.meta.url), { type: "module" });
  timer = setTimeout(() => refuse(REFUSED["takes too long"]), PATIENCE);
  worker.addEventListener("error", () => refuse(REFUSED["not read"]));
  worker.addEventListener("message", ({ data }) => (data.refused ? refuse(REFUSED[data.refused]) : show(data)));
  worker.postMessage({ file, dates: [...document.querySelectorAll("fieldset[data-date]")].map(dateOf) });
}

async function faultOf(file) {
  if (file.size === 0) {
    return "The file you chose is empty. Export your calendar again and choose that file";
  }
  if (file.size > LARGEST) {
    return `The file must be 10 MB or smaller, it has ${Math.ceil(file.size / 1024 / 1024)} MB. Export fewer months`;
  }
  try {
    const isZip = (await file.slice(0, 4).text()) === "PK\u0003\u0004";
    return isZip ? "The file you chose is a ZIP. Open it and choose the .ics file inside" : "";
  } catch {
    return REFUSED["not read"];
  }
}

function dateOf({ dataset }) {
  return {
    id: dataset.date,
    starts: Date.parse(dataset.starts),
    ends: Date.parse(dataset.ends),
    zone: dataset.zone,
    uids: dataset.uids?.split(" ") ?? [],
  };
}

function show({ entries, unread, clashes }) {
  stop();
  for (const [id, found] of Object.entries(clashes)) {
    mark(document.querySelector(`fieldset[data-date="${CSS.escape(id)}"]`), found);
  }
  const number = Object.keys(clashes).length;
  const clash = number === 0 ? "no date clashes" : number === 1 ? "1 date clashes" : `${number} dates clash`;
  const left = unread === 0 ? "" : ` ${counted(unread, "entry", "entries")} could not be read.`;
  const sentence = `Compared with ${counted(entries, "entry", "entries")} of your calendar: ${clash}.${left} Nothing was sent.`;
  result.textContent = sentence;
  result.hidden = false;
  away.hidden = number === 0;
  say(sentence);
}

function mark(date, { shown, more }) {
  const words = document.createElement("p");
  words.className = "app-date__clash";
  words.id = `clash-${date.dataset.date}`;
  words.append("In your calendar then: ");
  shown.forEach((entry, place) => {
    const title = document.createElement("bdi");
    title.textContent = entry.title || "an entry without a title";
    words.append(place ? "; " : "", `${times(entry)}, `, title);
  });
  words.append(more ? ` and ${more} more` : "");
  date.querySelector(".app-date__below").before(words);
  date.setAttribute("aria-describedby", `${words.id} ${date.getAttribute("aria-describedby")}`);
}

function takeMarksAway() {
  for (const words of document.querySelectorAll(".app-date__clash")) {
    const date = words.closest("fieldset");
    date.setAttribute("aria-describedby", date.getAttribute("aria-describedby").replace(`${words.id} `, ""));
    words.remove();
  }
  document.getElementById("calendar-file-error")?.remove();
  field.setAttribute("aria-describedby", "calendar-file-hint");
  field.removeAttribute("aria-invalid");
  field.parentElement.classList.remove("nhsuk-form-group--error");
  result.hidden = true;
  away.hidden = true;
}

function refuse(sentence) {
  stop();
  const [fault, before] = [document.createElement("span"), document.createElement("span")];
  fault.className = "nhsuk-error-message";
  fault.id = "calendar-file-error";
  before.className = "nhsuk-u-visually-hidden";
  before.textContent = "Error:";
  fault.append(before, ` ${sentence}`);
  field.before(fault);
  field.setAttribute("aria-describedby", "calendar-file-hint calendar-file-error");
  field.setAttribute("aria-invalid", "true");
  field.parentElement.classList.add("nhsuk-form-group--error");
  say("Your calendar was not compared.", { fails: true });
}

function stop() {
  part.ariaBusy = "false";
  clearTimeout(timer);
  worker?.terminate();
  worker = null;
}

function counted(number, one, many) {
  return `${number.toLocaleString("en-GB")} ${number === 1 ? one : many}`;
}

// Times come as a clock at the venue shows them, in milliseconds as though that were UTC. As in formatting.py.
function times({ allDay, starts, ends }) {
  if (allDay) {
    return ends - starts > DAY ? `all day, ${day(starts)} to ${day(ends - DAY)}` : "all day";
  }
  const sameDay = Math.floor(starts / DAY) === Math.floor((ends - 1) / DAY);
  return sameDay ? `${clock(starts)} to ${clock(ends)}` : `${day(starts)} at ${clock(starts)} to ${day(ends)} at ${clock(ends)}`;
}

function day(wall) {
  const date = new Date(wall);
  return `${DAYS[date.getUTCDay()]} ${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]}`;
}

function clock(wall) {
  const date = new Date(wall);
  const [hour, minute] = [date.getUTCHours(), date.getUTCMinutes()];
  if (minute === 0 && hour % 12 === 0) {
    return hour ? "midday" : "midnight";
  }
  return `${hour % 12 || 12}${minute ? `:${String(minute).padStart(2, "0")}` : ""}${hour < 12 ? "am" : "pm"}`;
}
