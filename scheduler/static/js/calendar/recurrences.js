// When an entry that repeats takes place near some dates, and never more work than a few thousand steps: a rule may ask
// for every second of ten thousand years (abuse case C5). ical.js knows the rules; this holds it to a window and a count.

import ICAL from "../../vendor/ical.js";

import { DAY, timeOf, wallOf } from "./zones.js";

const MOST_STEPS = 5_000; // of one entry: seven years of every day and more, as only what is near a date is walked
const MOST_IN_VAIN = 50_000; // of a file, on entries that could not be read to their end
const STEPS_OF_A_YEAR = 30; // what working out one year costs, beside one day
const MOST_RULES = 10;
const A_DAY_OF = { SECONDLY: 86_400, MINUTELY: 1_440, HOURLY: 24 };

/** An entry repeats too often, or its rule comes to no end. */
export class TooOften extends Error {}

let steps = 0;
let allowed = 0;

function step(cost = 1) {
  steps += cost;
  if (steps > allowed) {
    throw new TooOften();
  }
}

// Whatever way ical.js goes from one occurrence to the next, it comes through one of these.
class Bounded extends ICAL.RecurIterator {
  check_contracting_rules() {
    step();
    return super.check_contracting_rules();
  }

  increment_monthday(days) {
    step(days / 30); // walked one by one, though quickly
    return super.increment_monthday(days);
  }

  increment_month() {
    step();
    return super.increment_month();
  }

  increment_year(years) {
    step();
    return super.increment_year(years);
  }

  expand_year_days(year) {
    step(STEPS_OF_A_YEAR);
    return super.expand_year_days(year);
  }
}

/** Finds the starts of entries that touch any of some spans of time, given as walls. */
export class Recurrences {
  #spans;
  #left = MOST_IN_VAIN;

  constructor(spans) {
    this.#spans = spans;
  }

  /** The walls at which an entry of this length starts, by its first start and its rules; raises TooOften. */
  startsOf({ start, length, isDate }, rules) {
    steps = 0;
    allowed = Math.min(MOST_STEPS, this.#left);
    try {
      if (rules.length > MOST_RULES) {
        throw new TooOften();
      }
      return new Set(rules.flatMap((rule) => this.#starts(rule, timeOf(start, isDate), length)));
    } catch (error) {
      this.#left -= steps;
      throw error;
    }
  }

  #starts(rule, first, length) {
    const last = this.#spans.at(-1).to;
    const endless = withoutIdleCount(rule, first, last);
    if (endless.count) {
      return walked(endless, first, -Infinity, last);
    }
    return this.#spans.flatMap(({ from, to }) => walked(endless, nearer(endless, first, from - length), from - length, to));
  }
}

function walked(rule, first, from, to) {
  const found = [];
  if (wallOf(first) > to || (rule.until && wallOf(rule.until) < from)) {
    return found;
  }
  const iterator = new Bounded({ rule, dtstart: first });
  for (let time = iterator.next(); time && wallOf(time) <= to; time = iterator.next()) {
    if (wallOf(time) >= from) {
      found.push(wallOf(time));
    }
  }
  return found;
}

/** A rule without its COUNT where that cannot end it before `last`: then there is no need to count from the beginning. */
function withoutIdleCount(rule, first, last) {
  const times = ["BYHOUR", "BYMINUTE", "BYSECOND"].map((name) => rule.parts[name]?.length || 1);
  const inADay = times.reduce((product, number) => product * number, A_DAY_OF[rule.freq] ?? 1);
  if (!rule.count || rule.count <= ((last - wallOf(first)) / DAY + 1) * inADay) {
    return rule;
  }
  const endless = rule.clone();
  endless.count = null;
  return endless;
}

/** A later first start from which the same rule gives the same occurrences after `from`. */
function nearer(rule, first, from) {
  const time = first.clone();
  const days = Math.floor((from - wallOf(first)) / DAY) - 1;
  if (days <= 0) {
    return time;
  }
  if (rule.freq === "MONTHLY" || rule.freq === "YEARLY") {
    const years = 4 * rule.interval; // whole leap cycles: the 29th of February stays one
    time.year += Math.floor(days / 366 / years) * years;
  } else {
    const period = (rule.freq === "WEEKLY" ? 7 : 1) * rule.interval;
    return timeOf(wallOf(first) + Math.floor(days / period) * period * DAY, first.isDate);
  }
  return time;
}
