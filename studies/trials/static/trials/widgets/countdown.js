/* countdown.js: tells how much time is left for a page and sends the form when there is none. It decides
 * and measures nothing: the server's clock does. Unit: seconds, from the moment at which the page was on the screen (clock.js). It says the time aloud
 * only once, when a fifth of it is left; nothing blinks and nothing changes colour.
 */
import { shownFor } from "../clock.js";

const TICK_MS = 250;

const clock = (seconds) => `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;

function tick(box, form, timer) {
  if (!box.isConnected) return clearInterval(timer);
  const total = Number(box.dataset.left);
  const left = Math.max(0, Math.ceil(total - shownFor() / 1000));
  box.querySelector("[data-time]").textContent = clock(left);
  const told = box.querySelector("[data-told]");
  if (!told.textContent && left <= Math.max(5, total / 5)) told.textContent = `${box.dataset.words} ${left} s`;
  if (left > 0) return;
  clearInterval(timer);
  form.requestSubmit();
}

export function enhance(root) {
  const box = root.querySelector("[data-countdown]");
  const form = root.querySelector("form[data-page]");
  box.querySelector("[data-plain]").hidden = true;
  box.querySelector("[data-running]").hidden = false;
  const timer = setInterval(() => tick(box, form, timer), TICK_MS);
  tick(box, form, timer);
}
