// "Copy address": a button that puts what it is told into the clipboard. Without this module it stays hidden, and the
// address stands in a field to be copied by hand.

import { say } from "./status.js";

/** Show every button that copies, and let it. */
export function offerToCopy() {
  if (!navigator.clipboard) {
    return; // a page without TLS has none
  }
  for (const button of document.querySelectorAll("[data-copies]")) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(button.dataset.copies);
        say("The address is copied. Paste it into your calendar program.");
      } catch {
        say("Your browser does not let us copy. Select the address and copy it yourself.", { fails: true });
      }
    });
  }
}
