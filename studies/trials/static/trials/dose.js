/* dose.js: how much of the advice and of each explanation somebody took. It reads no clock: moments come from clock.js or
 * from the browser's observer, in milliseconds on the clock of the page.
 *
 * visible_ms  how long at least half of a panel, or half a screen of it, was in view in a visible tab.
 * opens       how often it was opened by the participant: asked for, chosen as a tab, a part of it unfolded.
 * toggles     how often it was opened or closed by the participant, both counted.
 * zooms       how often a picture in it was made larger or smaller.
 * A panel is told apart by the number that the server gave it; the server knows what it is.
 */
import { Stopwatch } from "./stopwatch.js";

const EXPLANATIONS = '[data-part$="explanation"], [data-part="alternative"]';
const SHARES = [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1];

let panels = new Map();
let anything = new Stopwatch();
let inView = new Set();
let isExplained = false;
let observer = null;
let folded = new WeakMap();

const numberOf = (element) => element?.closest?.("[data-panel]")?.dataset.panel;

function panel(number) {
  if (!panels.has(number)) panels.set(number, { seen: new Stopwatch(), opens: 0, toggles: 0, zooms: 0 });
  return panels.get(number);
}

/* Begin a page that nobody has seen yet. */
export function forget() {
  panels = new Map();
  anything = new Stopwatch();
  isExplained = false;
}

/* Follow every panel under `root`; `tick(at)` is called when one comes into view or leaves it. */
export function watch(root, tick) {
  observer?.disconnect();
  inView = new Set();
  const sections = root.querySelectorAll(`${EXPLANATIONS}, [data-part="advice"]`);
  isExplained ||= root.querySelector(`${EXPLANATIONS}, [data-held]:not([data-panel="0"])`) !== null;
  observer = new IntersectionObserver((entries) => {
    for (const { target, intersectionRatio, intersectionRect, rootBounds, time } of entries) {
      const half = rootBounds ? rootBounds.height / 2 : Infinity;
      inView[intersectionRatio >= 0.5 || intersectionRect.height >= half ? "add" : "delete"](target);
      tick(time);
    }
  }, { threshold: SHARES });
  for (const section of sections) {
    observer.observe(section);
    if (numberOf(section)) panel(numberOf(section));
    for (const details of section.querySelectorAll("details")) folded.set(details, details.open);
  }
}

/* Let the watches run or rest: `isVisible` says whether the tab can be seen. */
export function update(at, isVisible) {
  const seen = isVisible ? [...inView] : [];
  anything.set(seen.some((section) => section.matches(EXPLANATIONS)), at);
  const numbers = new Set(seen.map(numberOf));
  for (const [number, each] of panels) each.seen.set(numbers.has(number), at);
}

/* How long any explanation was in view; null on a page that has none. */
export const visible = (at) => (isExplained ? anything.read(at) : null);

/* What was taken of each panel until `at`. */
export function doses(at) {
  return [...panels].map(([number, { seen, opens, toggles, zooms }]) => {
    return { panel: Number(number), visible_ms: Math.round(seen.read(at)), opens, toggles, zooms };
  });
}

function opened(number) {
  panel(number).opens += 1;
  panel(number).toggles += 1;
}

function onTab(event) {
  const tab = event.target.closest?.(".tabs a");
  const number = tab?.hash.replace("#panel-", "");
  if (!tab || tab.getAttribute("aria-current") === "true") return;
  for (const other of tab.parentElement.children) {
    if (other.getAttribute("aria-current") === "true") panel(other.hash.replace("#panel-", "")).toggles += 1;
    other.setAttribute("aria-current", String(other === tab));
  }
  opened(number);
}

function onFold({ target }) {
  const number = numberOf(target);
  if (number === undefined || !panels.has(number) || folded.get(target) === target.open) return;
  folded.set(target, target.open);
  if (target.open) opened(number);
  else panel(number).toggles += 1;
}

document.addEventListener("click", onTab);
document.addEventListener("toggle", onFold, true);
document.addEventListener("assay:open", ({ target }) => opened(numberOf(target)));
document.addEventListener("assay:zoom", ({ target }) => numberOf(target) && (panel(numberOf(target)).zooms += 1));
