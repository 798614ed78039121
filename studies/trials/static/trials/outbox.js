/* outbox.js: carries events to the server. It measures nothing: `t` of an event is milliseconds on the clock of clock.js.
 *
 * Every event has a sequence number within `source`, a random name of this page instance; the server keeps one event per
 * (source, seq), so whatever is sent twice counts once. Events ride with the next answer (`unsent`, then `acknowledge`);
 * on a long page they go in batches by themselves, again and again with growing pauses until the server has them, and when
 * the page goes away they are sent with keepalive (as sendBeacon does, but with the token that the server asks for).
 */
import { now } from "./clock.js";

const PAUSE_MS = 10_000;
const LONGEST_MS = 120_000;
const BATCH = 100;
const AT_ONCE = 200; // the server refuses more

const bytes = crypto.getRandomValues(new Uint8Array(16));
export const source = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

let seq = 0;
let waiting = [];
let timer = null;
let pause = PAUSE_MS;

export function record(kind, payload = {}, t = now()) {
  waiting.push({ seq: seq++, kind, t: Math.round(t * 10) / 10, payload });
  schedule();
}

/* What the server has not acknowledged yet, as it travels. */
export function unsent() {
  return { source, events: waiting.slice(0, AT_ONCE) };
}

/* Forget what the server has: everything up to the last event of `sent`. */
export function acknowledge(sent) {
  const last = sent.events.at(-1)?.seq ?? -1;
  waiting = waiting.filter((event) => event.seq > last);
}

function schedule() {
  if (timer === null && document.body.dataset.events) timer = setTimeout(deliver, pause);
}

async function post(batch, keepalive) {
  const { events, token } = document.body.dataset;
  const headers = { "Content-Type": "application/json", "X-CSRFToken": token };
  const reply = await fetch(events, { method: "POST", headers, body: JSON.stringify(batch), keepalive });
  if (reply.status >= 500 || reply.status === 429) throw new Error(`status ${reply.status}`);
}

async function deliver() {
  const batch = { source, events: waiting.slice(0, BATCH) };
  if (batch.events.length) {
    try {
      await post(batch, false);
      acknowledge(batch);
      pause = PAUSE_MS;
    } catch {
      pause = Math.min(pause * 2, LONGEST_MS);
    }
  }
  timer = null;
  if (waiting.length) schedule();
}

window.addEventListener("pagehide", () => {
  record("leave");
  if (document.body.dataset.events) post({ source, events: waiting.slice(0, AT_ONCE) }, true).catch(() => {});
});
