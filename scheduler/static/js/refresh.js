// Parts of a page that follow work in progress:
//
//   <div id="progress" data-refresh="/…/progress" data-every="2000">…<a href="">Refresh</a></div>
//
// The address answers with the new inside of the part. Its header "Refresh-Stop: yes" ends the asking, and
// "Refresh-Page: /…" leads on to another page. Without scripts the link "Refresh" does the same by hand.

/** Begin asking for every part of this page that wants it. */
export function refreshParts() {
  for (const part of document.querySelectorAll("[data-refresh]")) {
    follow(part, Number(part.dataset.every) || 2000);
  }
}

async function follow(part, every) {
  let wait = every;
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, wait));
    if (document.hidden) {
      continue;
    }
    let answer;
    try {
      answer = await fetch(part.dataset.refresh, { headers: { "X-Requested-With": "fetch" } });
    } catch {
      wait = Math.min(wait * 2, 30000); // the network is away: ask less often, never give up
      continue;
    }
    if (!answer.ok) {
      wait = Math.min(wait * 2, 30000);
      continue;
    }
    wait = every;
    const onward = answer.headers.get("Refresh-Page");
    if (onward?.startsWith("/")) {
      location.assign(onward);
      return;
    }
    const html = await answer.text();
    if (html !== part.innerHTML && !part.contains(document.activeElement)) {
      replace(part, html);
    }
    if (answer.headers.get("Refresh-Stop") === "yes") {
      return;
    }
  }
}

/** Put the new inside in place; what its reader had opened stays open. */
function replace(part, html) {
  const opened = [...part.querySelectorAll("details")].map((details) => details.open);
  part.innerHTML = html;
  part.querySelectorAll("details").forEach((details, place) => (details.open = opened[place] ?? details.open));
}
