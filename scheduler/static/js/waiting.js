// Answers that could not be saved, kept on this device until they are: one item of localStorage each, so that two tabs
// never write over each other. Its key names nobody and opens nothing; it goes once the answer is saved, and after 14
// days in any case. A browser that keeps nothing loses only this.

const PREFIX = "convene-waits:";
const LONGEST = 14 * 86_400_000;

/** What waits for the person whose page this is. */
export class Waiting {
  #prefix;

  constructor(under) {
    this.#prefix = `${PREFIX}${under}:`;
  }

  /** Keep a change of one field; gives whether that worked. */
  keep(name, change) {
    return quietly(() => localStorage.setItem(this.#prefix + name, JSON.stringify({ ...change, at: Date.now() })) ?? true);
  }

  /** Let go of a change that is saved or refused, unless a newer one of the same field took its place. */
  drop(name, { made, since }) {
    const kept = read(this.#prefix + name);
    if (kept?.made === made && kept.since === since) {
      forget(this.#prefix + name);
    }
  }

  /** All that waits, as [name, change], the first made first. */
  all() {
    const found = keys(this.#prefix).map((key) => [key.slice(this.#prefix.length), read(key)]);
    return found.sort(([, a], [, b]) => a.at - b.at);
  }
}

/** Erase what is too old to be sent, of anybody who used this device. */
export function forgetOld() {
  for (const key of keys(PREFIX)) {
    const age = Date.now() - (read(key)?.at ?? 0);
    if (!(age < LONGEST)) {
      forget(key);
    }
  }
}

function keys(prefix) {
  return quietly(() => Object.keys(localStorage).filter((key) => key.startsWith(prefix))) || [];
}

function read(key) {
  return quietly(() => JSON.parse(localStorage.getItem(key)));
}

function forget(key) {
  quietly(() => localStorage.removeItem(key));
}

function quietly(deed) {
  try {
    return deed();
  } catch {
    return undefined;
  }
}
