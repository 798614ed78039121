/* clock.js: the only place that reads performance.now(). All times are milliseconds on the monotonic clock of this page
 * instance (0 = navigation start), so changes of the computer's clock have no effect.
 *
 * onset          when the page was first on the screen: the browser's first contentful paint for a page that was loaded
 *                ("paint"), else the second animation frame after a swap ("raf"). A hidden tab paints nothing, so its
 *                onset waits until it is seen. With pictures: the second frame after all are decoded ("pictures").
 * rt_ms          from onset to the key or pointer input that submitted the form; hidden time is included.
 * hidden_ms      how much of it the tab was hidden (document.visibilityState). Loss of focus alone, with the page still
 *                in sight, is an event (blur, focus) and no hidden time.
 * explanation_visible_ms  how much of it at least half of an explanation, or half a screen of it, was in view in a visible
 *                tab; null if the page has no explanation.
 * client_ms      the moment of submission on the same clock.
 * A page that comes back with the same nonce (an answer was missing) keeps its onset: the clocks run on.
 */
import * as dose from "./dose.js";
import { Stopwatch } from "./stopwatch.js";

const INPUTS = ["pointerup", "keydown", "keyup"];
const JUST_NOW_MS = 250;

export const now = () => performance.now();

let page = null;
let lastInput = -Infinity;

function update(at) {
  if (page.onset === null) return;
  page.hidden.set(document.hidden, at);
  dose.update(at, !document.hidden);
}

/* Follow what is to be read on the page: again, when something came to it. */
export const rewatch = (root) => dose.watch(root, (at) => update(Math.max(at, page.onset ?? 0)));

function onScreen(loaded, ready, found) {
  const frames = (how) => requestAnimationFrame(() => requestAnimationFrame((at) => found(at, how)));
  if (ready) return ready.then(() => frames("pictures"));
  const paint = loaded && performance.getEntriesByName("first-contentful-paint")[0];
  if (paint) return found(paint.startTime, "paint");
  frames("raf");
}

/* Start timing the page `nonce` in `root`; `loaded` is true for a page load, false for a swap; `ready` is null or a promise
 * that is kept when the pictures of the page can be seen.
 */
export function begin({ nonce, root, loaded, ready, onset }) {
  const kept = page && nonce && page.nonce === nonce;
  if (!kept) {
    page = { nonce, onset: null, how: null, hidden: new Stopwatch() };
    dose.forget();
  }
  rewatch(root);
  if (kept) return;
  const started = page;
  onScreen(loaded, ready, (at, how) => {
    if (page !== started) return;
    page.onset = at;
    page.how = how;
    update(at);
    onset(at, how);
  });
}

/* How long the page has been on the screen, in ms. */
export const shownFor = () => (page.onset === null ? 0 : now() - page.onset);

/* What was taken of each panel until `at`, or until now; nothing before onset. */
export const doses = (at = now()) => (page?.onset == null ? [] : dose.doses(at));

/* Read the clocks at the input that caused `event`; all null before onset. */
export function read(event) {
  const at = event.timeStamp - lastInput < JUST_NOW_MS ? lastInput : event.timeStamp;
  const seen = page.onset !== null;
  const round = (ms) => Math.round(ms * 10) / 10;
  return {
    rt_ms: seen ? round(at - page.onset) : null,
    hidden_ms: seen ? round(page.hidden.read(at)) : null,
    explanation_visible_ms: seen && dose.visible(at) !== null ? round(dose.visible(at)) : null,
    onset: page.how,
    client_ms: round(at),
  };
}

/* Tell `report(kind, payload, at)` of every loss and return, and of frames that came more than 50 ms late. */
export function watchAttention(report) {
  document.addEventListener("visibilitychange", (event) => {
    update(event.timeStamp);
    report(document.hidden ? "hidden" : "visible", {}, event.timeStamp);
  });
  for (const kind of ["blur", "focus"]) {
    window.addEventListener(kind, (event) => event.target === window && report(kind, {}, event.timeStamp));
  }
  for (const kind of INPUTS) {
    window.addEventListener(kind, (event) => event.isTrusted && (lastInput = event.timeStamp), true);
  }
  if (PerformanceObserver.supportedEntryTypes?.includes("long-animation-frame")) {
    new PerformanceObserver((list) => {
      for (const { startTime, duration } of list.getEntries()) {
        report("late_frame", { ms: Math.round(duration) }, startTime);
      }
    }).observe({ type: "long-animation-frame" });
  }
}
