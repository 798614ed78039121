/* page.js: the life of one page instance: present, take the answer once, swap in the next page from the same reply.
 * It measures nothing itself: clock.js reads the clocks, outbox.js keeps the events. Without this script every page is a
 * plain form; nothing depends on it but timing.
 */
import { begin, doses, read, shownFor, watchAttention } from "./clock.js";
import { listen } from "./keyboard.js";
import { acknowledge, record, unsent } from "./outbox.js";
import { asked, enhance as reveals } from "./reveal.js";
import { send } from "./send.js";
import { enhance as percent } from "./widgets/percent.js";
import { enhancePictures } from "./widgets/picture.js";
import { enhance as probabilities } from "./widgets/probabilities.js";
import { enhance as several } from "./widgets/several.js";

const UNREAD_MS = 300;
const WIDGETS = [percent, probabilities, several];
/* What few pages need is fetched when one does. */
const RARE = {
  "time[data-local]": () => import("./widgets/localtime.js"),
  "[data-countdown]": () => import("./widgets/countdown.js"),
  ".ranking": () => import("./widgets/ranking.js"),
  "[data-region]": () => import("./widgets/region.js"),
};
const busy = new WeakSet();
const page = () => document.querySelector("form[data-page]");
const nonceOf = (form) => form?.querySelector('[name="nonce"]')?.value ?? "";

function enhance(root) {
  WIDGETS.forEach((widget) => widget(root));
  for (const [mark, load] of Object.entries(RARE)) {
    // Without it the plain inputs do the same.
    if (root.querySelector(mark)) load().then((widget) => widget.enhance(root), () => {});
  }
}

function present(loaded) {
  const form = page();
  const nonce = nonceOf(form);
  const shown = { page: document.body.dataset.kind, nonce: nonce.slice(0, 16) };
  enhance(document.body);
  reveals(document.body, swap);
  const ready = enhancePictures(document.body, record);
  begin({ nonce, root: document.body, loaded, ready, onset: (at, how) => record("page", { ...shown, onset: how }, at) });
}

function swap({ status, url, html }) {
  const next = new DOMParser().parseFromString(html, "text/html");
  if (!next.body.dataset.kind) return location.assign(url);
  document.title = next.title;
  document.documentElement.lang = next.documentElement.lang;
  document.body.replaceWith(next.body);
  if (url && url !== location.href) history.replaceState(null, "", url);
  if (status === 409) document.querySelector("[data-notice]").hidden = false;
  const focused = document.querySelector("[data-errors]") ?? document.querySelector("h1");
  scrollTo(0, 0);
  focused.focus({ preventScroll: true });
  present(false);
}

/* Tell what was taken of each explanation so far; a reading counts on from the one before. */
function recordDoses(at) {
  const nonce = nonceOf(page()).slice(0, 16);
  for (const taken of doses(at)) record("dose", { nonce, ...taken }, at);
}

async function submit(form, event) {
  const status = form.querySelector("[data-status]");
  const button = form.querySelector('.actions [type="submit"]');
  button.setAttribute("aria-disabled", "true");
  const clock = read(event);
  recordDoses(clock.client_ms);
  record("submit", { nonce: nonceOf(form).slice(0, 16) }, clock.client_ms);
  const events = unsent();
  form.querySelector('[name="clock"]').value = JSON.stringify(clock);
  form.querySelector('[name="events"]').value = JSON.stringify(events);
  const body = new URLSearchParams(new FormData(form));
  const slow = setTimeout(() => (status.textContent = status.dataset.sending), 400);
  const reply = await send(form.getAttribute("action"), body, (attempt) => {
    clearTimeout(slow);
    status.textContent = status.dataset.retry;
    record("retry", { attempt });
  });
  clearTimeout(slow);
  if (reply.status === 200) acknowledge(events);
  swap(reply);
}

function onSubmit(event) {
  const form = event.target;
  if (asked(event, swap)) return;
  // The second half of a double click or of a double Enter reaches the page after, which nobody can have read by then.
  if (form === page() && shownFor() < UNREAD_MS) return event.preventDefault();
  const again = busy.has(form);
  busy.add(form);
  if (form !== page()) return again && event.preventDefault();
  event.preventDefault();
  if (!again) submit(form, event);
}

function onChange({ target }) {
  if (!target.name) return;
  const written = target.type === "text" || target.tagName === "TEXTAREA";
  record("change", { field: target.name, ...(written ? { length: target.value.length } : { value: target.value }) });
}

/* A page that the browser brings back from its memory is a picture of the past: ask where the participant is. */
async function onReturn(event) {
  if (!event.persisted) return;
  record("restored");
  try {
    const reply = await fetch(location.href, { headers: { "X-Assay-Swap": "1" } });
    swap({ status: reply.status, url: reply.url, html: await reply.text() });
  } catch {
    location.reload();
  }
}

document.addEventListener("submit", onSubmit);
document.addEventListener("change", onChange);
window.addEventListener("pageshow", onReturn);
window.addEventListener("pagehide", () => recordDoses(), true);
watchAttention(record);
listen();
present(true);
