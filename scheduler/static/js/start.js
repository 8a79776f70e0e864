// Every page: starts the design system's components, moves focus to what just happened, and the small things that
// pages ask for in their markup. Nothing here is needed to use a page.

import { initAll } from "../vendor/nhsuk-frontend.js";

initAll();

// Fetched by the few pages that follow work in progress, and by no other.
if (document.querySelector("[data-refresh]")) {
  import("./refresh.js").then(({ refreshParts }) => refreshParts());
}

if (document.querySelector("[data-copies]")) {
  import("./copying.js").then(({ offerToCopy }) => offerToCopy());
}

// After a post the page begins with what became of it. An error summary takes focus by itself.
const status = document.getElementById("status");
if (status?.textContent.trim() && !document.querySelector(".nhsuk-error-summary") && !location.hash) {
  status.focus();
}
