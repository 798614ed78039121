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
const INPUTS = ["pointerup", "keydown", "keyup"];
const JUST_NOW_MS = 250;

export const now = () => performance.now();

class Stopwatch {
  total = 0;
  since = null;
  set(on, at) {
    if (on && this.since === null) this.since = at;
    if (!on && this.since !== null) {
      this.total += at - this.since;
      this.since = null;
    }
  }
  read(at) {
    return this.total + (this.since === null ? 0 : at - this.since);
  }
}

let page = null;
let lastInput = -Infinity;
let observer = null;

function update(at) {
  if (page.onset === null) return;
  page.hidden.set(document.hidden, at);
  page.seen.set(page.inView.size > 0 && !document.hidden, at);
}

function watch(sections) {
  observer?.disconnect();
  page.inView.clear();
  observer = new IntersectionObserver(
    (entries) => {
      for (const { target, intersectionRatio, intersectionRect, rootBounds, time } of entries) {
        const half = rootBounds ? rootBounds.height / 2 : Infinity;
        const inView = intersectionRatio >= 0.5 || intersectionRect.height >= half;
        page.inView[inView ? "add" : "delete"](target);
        update(Math.max(time, page.onset ?? 0));
      }
    },
    { threshold: [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1] },
  );
  sections.forEach((section) => observer.observe(section));
}

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
  const sections = root.querySelectorAll('[data-part$="explanation"], [data-part="alternative"]');
  const kept = page && nonce && page.nonce === nonce;
  if (!kept) {
    page = {
      nonce, onset: null, how: null, inView: new Set(), explained: sections.length > 0,
      hidden: new Stopwatch(), seen: new Stopwatch(),
    };
  }
  watch(sections);
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

/* Read the clocks at the input that caused `event`; all null before onset. */
export function read(event) {
  const at = event.timeStamp - lastInput < JUST_NOW_MS ? lastInput : event.timeStamp;
  const seen = page.onset !== null;
  const round = (ms) => Math.round(ms * 10) / 10;
  return {
    rt_ms: seen ? round(at - page.onset) : null,
    hidden_ms: seen ? round(page.hidden.read(at)) : null,
    explanation_visible_ms: seen && page.explained ? round(page.seen.read(at)) : null,
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
