// Time zones of a calendar file. A "wall" is what a clock on the wall shows, in milliseconds as though it were UTC; an
// "instant" is a moment in UTC. A zone turns one into the other; a time without a zone (null) stays a wall.

import ICAL from "../../vendor/ical.js";

export const HOUR = 3_600_000;
export const DAY = 24 * HOUR;

// A rule of a VTIMEZONE says "the last Sunday in March". Whatever says more is no zone, and could be made to cost any
// amount of time (abuse case C5): the zone is then looked for by its name.
const MOST_PARTS = 20;
const MOST_CHANGES = 500;
const MOST_IN_A_RULE = { BYMONTH: 1, BYDAY: 1, BYMONTHDAY: 7 };

class Zone {
  #offset;

  /** `offset` gives the milliseconds that the wall is ahead of UTC, from a wall. */
  constructor(offset) {
    this.#offset = offset;
  }

  instant(wall) {
    return wall - this.#offset(wall);
  }

  wall(instant) {
    return instant + this.#offset(instant + this.#offset(instant));
  }
}

export const UTC = new Zone(() => 0);
const named = new Map();

/** The wall of an ICAL.Time, whatever its zone. */
export function wallOf(time) {
  const date = new Date(0);
  date.setUTCFullYear(time.year, time.month - 1, time.day); // Date.UTC() reads the year 27 as 1927
  return date.setUTCHours(time.hour, time.minute, time.second);
}

/** The ICAL.Time of a wall, without a zone. */
export function timeOf(wall, isDate = false) {
  const date = new Date(wall);
  const [hour, minute, second] = [date.getUTCHours(), date.getUTCMinutes(), date.getUTCSeconds()];
  const day = { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() };
  return new ICAL.Time({ ...day, hour, minute, second, isDate }, ICAL.Timezone.localTimezone);
}

/** The zone of the IANA database by its name, as the browser knows it; null for a name that is none. */
export function zoneNamed(name) {
  if (!named.has(name)) {
    named.set(name, inDatabase(name));
  }
  return named.get(name);
}

/** The zone that a VTIMEZONE of the file describes; null where it describes none that can be trusted. */
export function zoneDescribed(component) {
  const parts = component.getAllSubcomponents();
  if (!parts.length || parts.length > MOST_PARTS || !parts.every(isPlain)) {
    return null;
  }
  const zone = new ICAL.Timezone({ component, tzid: component.getFirstPropertyValue("tzid") });
  return new Zone((wall) => zone.utcOffset(timeOf(wall)) * 1000);
}

/** A file's own zones first (RFC 5545, 3.2.19), then the database; "/vendor/…/Europe/London" is found by its end. */
export function zoneFor(tzid, described) {
  if (described.has(tzid)) {
    return described.get(tzid);
  }
  const words = tzid.split("/").filter(Boolean);
  const ends = words.map((_, from) => words.slice(from).join("/"));
  return ends.map(zoneNamed).find(Boolean) ?? null;
}

function isPlain(part) {
  // The times of a zone are read by its own offsets: a TZID here leads nowhere, or back to the zone itself.
  for (const property of part.getAllProperties()) {
    property.removeParameter("tzid");
  }
  const rules = part.getAllProperties("rrule").map((property) => property.getFirstValue());
  const complete = ["dtstart", "tzoffsetfrom", "tzoffsetto"].every((name) => part.hasProperty(name));
  return complete && rules.length <= 1 && part.getAllProperties("rdate").length <= MOST_CHANGES && rules.every(isYearly);
}

function isYearly(rule) {
  const parts = Object.entries(rule.parts);
  return rule.freq === "YEARLY" && parts.every(([name, values]) => values.length <= (MOST_IN_A_RULE[name] ?? 0));
}

function inDatabase(name) {
  const number = "numeric";
  const fields = { year: number, month: number, day: number, hour: number, minute: number, second: number };
  let clock;
  try {
    clock = new Intl.DateTimeFormat("en-GB", { timeZone: name, hourCycle: "h23", ...fields });
  } catch {
    return null;
  }
  const ahead = (instant) => {
    const shown = Object.fromEntries(clock.formatToParts(instant).map(({ type, value }) => [type, Number(value)]));
    return Date.UTC(shown.year, shown.month - 1, shown.day, shown.hour, shown.minute, shown.second) - instant;
  };
  // A wall that a clock shows twice is its first; one that it skips is read by what held before (RFC 5545, 3.3.5).
  return new Zone((wall) => {
    const [before, after] = [ahead(wall - DAY), ahead(wall + DAY)];
    return ahead(wall - before) !== before && ahead(wall - after) === after ? after : before;
  });
}
