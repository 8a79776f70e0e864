// Which dates clash with what a calendar file says: RFC 5545 read for one question. Every text of the file stays text.

import ICAL from "../../vendor/ical.js";

import { Recurrences } from "./recurrences.js";
import { DAY, HOUR, UTC, wallOf, zoneDescribed, zoneFor, zoneNamed } from "./zones.js";

const FARTHEST = 30 * HOUR; // no zone is more than 14 hours from UTC: what is further apart cannot meet
const SAME_SPAN = 21 * DAY;
const MOST_SHOWN = 3;
const LONGEST_TITLE = 100;
const A_PART = /^(BEGIN|END):(VEVENT|VTIMEZONE)[ \t]*\r?$/gim;
const REPEATS = /^(RRULE|RDATE|RECURRENCE-ID)/im;
const DAY_OF = { start: /^DTSTART[^:\r\n]*:(\d{8})/im, end: /^DTEND[^:\r\n]*:(\d{8})/im };

/** The file is not a calendar, or one without entries; `message` says which. */
export class NotCompared extends Error {}

/**
 * Compare the text of an .ics file with dates, each {id, starts, ends, zone, uids}: instants, an IANA zone, and the UIDs
 * of our own invitations to that date. Gives how many entries there are, how many could not be read, and by id of a date
 * what is in the calendar then: {shown: [{title, allDay, starts, ends}], more}, its times as walls of the date's zone.
 */
export function compare(text, dates) {
  if (!/^\s*BEGIN:VCALENDAR[ \t]*\r?$/im.test(text.slice(0, 1000))) {
    throw new NotCompared("not a calendar");
  }
  const { events, zones } = partsOf(text);
  if (!events.length) {
    throw new NotCompared("no entries");
  }
  const asked = dates.map(inWalls).sort((a, b) => a.wall.starts - b.wall.starts);
  const busy = new Map(asked.map((date) => [date.id, new Map()]));
  const unread = asked.length ? readInto(busy, events, described(zones), asked) : 0;
  const clashes = [...busy].filter(([, found]) => found.size).map(([id, found]) => [id, shown([...found.values()])]);
  return { entries: events.length, unread, clashes: Object.fromEntries(clashes) };
}

function inWalls(date) {
  const zone = zoneNamed(date.zone) ?? UTC;
  return { ...date, clock: zone, wall: { starts: zone.wall(date.starts), ends: zone.wall(date.ends) } };
}

/** Part by part, as one that cannot be read must not take the others with it. */
function partsOf(text) {
  const found = { VEVENT: [], VTIMEZONE: [] };
  let open = null;
  for (const { 1: word, 2: name, index, 0: line } of text.matchAll(A_PART)) {
    const kind = name.toUpperCase();
    if (word.toUpperCase() === "BEGIN") {
      open = { kind, index };
    } else if (open?.kind === kind) {
      found[kind].push(text.slice(open.index, index + line.length));
      open = null;
    }
  }
  return { events: found.VEVENT, zones: found.VTIMEZONE };
}

function parsed(part, name) {
  return new ICAL.Component(ICAL.parse(`BEGIN:VCALENDAR\r\n${part}\r\nEND:VCALENDAR`)).getFirstSubcomponent(name);
}

function described(parts) {
  const zones = new Map();
  for (const part of parts) {
    try {
      const component = parsed(part, "vtimezone");
      const tzid = component.getFirstPropertyValue("tzid");
      const zone = zoneDescribed(component) ?? zoneFor(String(tzid), new Map());
      if (zone && !zones.has(tzid)) {
        zones.set(tzid, zone);
      }
    } catch {
      // Its times are then read by its name.
    }
  }
  return zones;
}

/** Put what is busy during each date into `busy`; gives how many entries could not be read. */
function readInto(busy, parts, zones, asked) {
  const spans = spansOf(asked);
  const recurrences = new Recurrences(spans);
  const series = new Map();
  let unread = 0;
  for (const part of parts) {
    if (isFar(part, spans)) {
      continue;
    }
    try {
      const entry = entryOf(parsed(part, "vevent"), zones);
      const key = entry.uid || Symbol("without UID");
      if (!series.has(key)) {
        series.set(key, []);
      }
      series.get(key).push(entry);
    } catch {
      unread += 1;
    }
  }
  for (const entries of series.values()) {
    try {
      for (const occurrence of occurrencesOf(entries, recurrences)) {
        note(busy, occurrence, asked);
      }
    } catch {
      unread += 1; // it repeats too often, or its rule contradicts itself
    }
  }
  return unread;
}

/** The stretches of time around the dates, in walls: nothing outside them is worked out. */
function spansOf(asked) {
  const spans = [];
  for (const { wall } of asked) {
    const [from, to] = [wall.starts - FARTHEST, wall.ends + FARTHEST];
    const last = spans.at(-1);
    if (last && from - last.to < SAME_SPAN) {
      last.to = Math.max(last.to, to);
    } else {
      spans.push({ from, to });
    }
  }
  return spans;
}

/** Whether an entry that takes place once is plainly outside all spans: read without parsing, as most of a file is. */
function isFar(part, spans) {
  const [start, end] = [DAY_OF.start.exec(part), DAY_OF.end.exec(part)];
  if (!start || !end || REPEATS.test(part)) {
    return false;
  }
  const day = ([, digits]) => Date.UTC(digits.slice(0, 4), digits.slice(4, 6) - 1, digits.slice(6, 8));
  return spans.every(({ from, to }) => day(start) > to || day(end) + 2 * DAY < from);
}

function entryOf(event, zones) {
  const start = momentOf(event.getFirstProperty("dtstart"), zones)[0];
  const value = (name) => event.getFirstPropertyValue(name);
  const moments = (name) => event.getAllProperties(name).flatMap((property) => momentOf(property, zones));
  const rules = (name) => event.getAllProperties(name).map((property) => ruleIn(start, property.getFirstValue()));
  const recurrenceId = event.getFirstProperty("recurrence-id");
  return {
    ...start,
    length: lengthOf(event, start, zones),
    uid: String(value("uid") ?? ""),
    sequence: Number(value("sequence")) || 0,
    title: cleaned(value("summary")),
    busy:
      String(value("transp") ?? "").toUpperCase() !== "TRANSPARENT" &&
      String(value("status") ?? "").toUpperCase() !== "CANCELLED" &&
      String(value("x-microsoft-cdo-busystatus") ?? "").toUpperCase() !== "FREE",
    rules: rules("rrule"),
    never: rules("exrule"),
    also: moments("rdate"),
    except: moments("exdate"),
    replaces: recurrenceId && momentOf(recurrenceId, zones)[0],
    onwards: recurrenceId?.getParameter("range")?.toUpperCase() === "THISANDFUTURE",
  };
}

/** The times of a property, each {start, zone, isDate}; a zone of null is whatever clock hangs where one is. */
function momentOf(property, zones) {
  const tzid = property.getParameter("tzid");
  return property.getValues().map((value) => {
    const time = value.start ?? value; // an RDATE may be a period
    const inUtc = time.zone === ICAL.Timezone.utcTimezone;
    const zone = time.isDate ? null : inUtc ? UTC : tzid ? zoneFor(tzid, zones) : null;
    return { start: wallOf(time), zone, isDate: time.isDate };
  });
}

function lengthOf(event, start, zones) {
  const end = event.getFirstProperty("dtend");
  if (end) {
    const moment = momentOf(end, zones)[0];
    const [from, to] = [start, moment].map(({ start: wall, zone }) => (zone ? zone.instant(wall) : wall));
    return moment.zone === start.zone && !start.zone ? moment.start - start.start : to - from;
  }
  const duration = event.getFirstPropertyValue("duration");
  return duration ? duration.toSeconds() * 1000 : start.isDate ? DAY : 0;
}

/** A rule whose UNTIL is told by the same clock as the entry's start: RFC 5545 gives it in UTC. */
function ruleIn(start, rule) {
  if (!rule.until) {
    return rule;
  }
  const until = rule.until.clone();
  if (until.isDate && !start.isDate) {
    until.isDate = false;
    [until.hour, until.minute, until.second] = [23, 59, 59];
  } else if (start.zone && until.zone === ICAL.Timezone.utcTimezone) {
    const ahead = start.zone.wall(wallOf(until)) - wallOf(until);
    until.adjust(0, 0, 0, ahead / 1000);
  }
  until.zone = ICAL.Timezone.localTimezone;
  rule.until = until;
  return rule;
}

/** When the entries of one UID take place: the series without its exceptions, and what replaces single ones of it. */
function* occurrencesOf(entries, recurrences) {
  entries.sort((a, b) => a.sequence - b.sequence); // of two with the same meaning the newest stays
  const whole = entries.filter((entry) => !entry.replaces).at(-1);
  const replacing = new Map();
  for (const entry of entries.filter((one) => one.replaces)) {
    replacing.set(whole ? wallFor(whole, entry.replaces) : entry.start, entry);
  }
  yield* replacing.values();
  if (!whole) {
    return;
  }
  const later = [...replacing].filter(([, entry]) => entry.onwards).sort(([a], [b]) => b - a);
  const excluded = new Set(whole.except.map((moment) => wallFor(whole, moment)));
  const excludedDays = new Set(whole.except.filter(({ isDate }) => isDate).map(({ start }) => start));
  const starts = new Set([whole.start, ...whole.also.map((moment) => wallFor(whole, moment))]);
  recurrences.startsOf(whole, whole.rules).forEach((start) => starts.add(start));
  recurrences.startsOf(whole, whole.never).forEach((start) => excluded.add(start));
  for (const start of starts) {
    if (excluded.has(start) || excludedDays.has(Math.floor(start / DAY) * DAY) || replacing.has(start)) {
      continue;
    }
    const [since, changed] = later.find(([from]) => from <= start) ?? [];
    yield changed ? { ...changed, start: start + changed.start - since } : { ...whole, start };
  }
}

/** A moment by the clock of a series. */
function wallFor(series, { start, zone }) {
  return zone && series.zone && zone !== series.zone ? series.zone.wall(zone.instant(start)) : start;
}

function note(busy, entry, asked) {
  if (!entry.busy || entry.length <= 0) {
    return;
  }
  for (const date of asked) {
    const far = entry.start > date.wall.ends + FARTHEST || entry.start + entry.length < date.wall.starts - FARTHEST;
    if (far || date.uids.includes(entry.uid)) {
      continue;
    }
    const starts = entry.zone ? entry.zone.instant(entry.start) : entry.start;
    const ends = starts + entry.length;
    const dated = entry.zone ? date : date.wall;
    if (starts < dated.ends && ends > dated.starts) {
      const walls = entry.zone ? [date.clock.wall(starts), date.clock.wall(ends)] : [starts, ends];
      const found = { title: entry.title, allDay: entry.isDate, starts: walls[0], ends: walls[1] };
      busy.get(date.id).set(JSON.stringify(found), found);
    }
  }
}

function shown(found) {
  found.sort((a, b) => a.starts - b.starts || a.ends - b.ends);
  return { shown: found.slice(0, MOST_SHOWN), more: Math.max(0, found.length - MOST_SHOWN) };
}

/** A title on one line, without what could turn the line around or hide in it, and not without end. */
function cleaned(summary) {
  const line = String(summary ?? "").replace(/[\p{Cc}\p{Zl}\p{Zp}\s\u200e\u200f\u202a-\u202e\u2066-\u2069]+/gu, " ").trim();
  const letters = [...line.slice(0, 4 * LONGEST_TITLE)];
  return letters.length > LONGEST_TITLE ? `${letters.slice(0, LONGEST_TITLE - 1).join("")}…` : letters.join("");
}
