// Takes the table of the jobs anew every two seconds, while somebody looks at it.
const PAUSE_MS = 2000;

async function renew() {
  const old = document.querySelector("[data-progress]");
  const at_work = old?.contains(document.activeElement);
  if (!document.hidden && old && !at_work) {
    const reply = await fetch(location.href, { credentials: "same-origin" });
    if (reply.ok) {
      const page = new DOMParser().parseFromString(await reply.text(), "text/html");
      const fresh = page.querySelector("[data-progress]");
      if (fresh) {
        old.replaceWith(fresh);
      }
    }
  }
}

setInterval(() => renew().catch(() => {}), PAUSE_MS);
