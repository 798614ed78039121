/* reveal.js: asks the server for what a page holds back, and puts it in its place: nothing else of the page changes, what
 * was filled in stays, and the clocks run on. It decides and
 * measures nothing: the server's clock does. What is shown after a delay is
 * asked for when the delay is over; seconds are counted from the moment at which the page came. Without this script the
 * button sends the form, and the page comes back with what was asked for.
 */
import { now, rewatch } from "./clock.js";
import { record } from "./outbox.js";
import { send } from "./send.js";

const TICK_MS = 200;
const AGAIN_S = 0.5;

const nonceOf = (root) => root.querySelector('[name="nonce"]')?.value;

function bodyOf(form, number) {
  const body = new URLSearchParams(new FormData(form));
  for (const name of ["clock", "events"]) body.delete(name);
  body.set("reveal", number);
  return body;
}

function put(next, asked) {
  for (const section of document.querySelectorAll("[data-held]")) {
    const come = next.querySelector(`[data-panel="${section.dataset.panel}"]`);
    if (!come || (come.dataset.held && section !== asked)) continue;
    section.replaceWith(document.adoptNode(come));
    if (come.dataset.held) wait(come, AGAIN_S);
  }
  rewatch(document.body);
}

async function ask(section, how, swap) {
  const form = section.closest("form");
  const button = section.querySelector("[data-reveal]");
  const number = section.dataset.panel;
  if (button.getAttribute("aria-disabled") === "true") return;
  button.setAttribute("aria-disabled", "true");
  record("reveal", { panel: Number(number), how });
  const status = section.querySelector("[data-asking]");
  const slow = setTimeout(() => (status.textContent = status.dataset.sending), 400);
  const reply = await send(button.getAttribute("formaction"), bodyOf(form, number), () => {
    status.textContent = status.dataset.retry;
  });
  clearTimeout(slow);
  if (!section.isConnected) return;
  const next = new DOMParser().parseFromString(reply.html, "text/html");
  if (nonceOf(next) !== nonceOf(form)) return swap(reply);
  put(next, section);
  const come = document.querySelector(`[data-panel="${number}"]`);
  if (how !== "request" || come.dataset.held) return;
  come.dispatchEvent(new CustomEvent("assay:open", { bubbles: true }));
  come.focus({ preventScroll: true });
  come.scrollIntoView({ block: "nearest" });
}

let swapPage = null;

function wait(section, least = 0) {
  const seconds = Math.max(Number(section.dataset.wait), least);
  const button = section.querySelector("[data-reveal]");
  const running = section.querySelector("[data-running]");
  if (!(seconds > 0) || !running) return;
  const until = now() + 1000 * seconds;
  section.querySelector("[data-plain]").hidden = true;
  running.hidden = false;
  button.hidden = true;
  const timer = setInterval(tick, TICK_MS);
  function tick() {
    if (!section.isConnected) return clearInterval(timer);
    const left = until - now();
    section.querySelector("[data-left]").textContent = Math.max(0, Math.ceil(left / 1000));
    if (left > 0) return;
    clearInterval(timer);
    running.hidden = true;
    button.hidden = false;
    if (section.dataset.held === "after_delay") ask(section, "delay", swapPage);
  }
  tick();
}

/* Start the waiting of everything under `root` that is held back; `swap` puts another page in place of this one. */
export function enhance(root, swap) {
  swapPage = swap;
  root.querySelectorAll("[data-held]").forEach((section) => wait(section));
}

/* Take a press of a button that asks for something; false when `event` is none. */
export function asked(event, swap) {
  const button = event.submitter;
  if (!button?.hasAttribute("data-reveal")) return false;
  event.preventDefault();
  ask(button.closest("[data-held]"), "request", swap);
  return true;
}
