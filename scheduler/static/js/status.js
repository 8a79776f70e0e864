// The one place of a page that speaks (role="status" in base.html). One sentence at a time, none twice in a row.

const region = document.getElementById("status");

/** Say one sentence; `fails` marks what is not saved. */
export function say(sentence, { fails = false } = {}) {
  if (!region || region.textContent.trim() === sentence) {
    return;
  }
  const paragraph = document.createElement("p");
  paragraph.className = "app-status__text";
  paragraph.textContent = sentence;
  region.classList.add("app-status--says");
  region.classList.toggle("app-status--fails", fails);
  region.replaceChildren(paragraph);
}
