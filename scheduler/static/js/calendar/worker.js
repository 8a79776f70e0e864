// Reads a calendar file away from the page, so that the page stays quick and can end this at any time.

import { compare, NotCompared } from "./clashes.js";

addEventListener("message", async ({ data: { file, dates } }) => {
  try {
    postMessage(compare(textOf(await file.arrayBuffer()), dates));
  } catch (error) {
    postMessage({ refused: error instanceof NotCompared ? error.message : "not read" });
  }
});

/** UTF-8 as it should be, UTF-16 by its mark, else what old Windows programs write. */
function textOf(bytes) {
  const [first, second] = new Uint8Array(bytes.slice(0, 2));
  if (first + second === 0xff + 0xfe) {
    return new TextDecoder(first === 0xff ? "utf-16le" : "utf-16be").decode(bytes);
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder("windows-1252").decode(bytes);
  }
}
