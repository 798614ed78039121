/* stopwatch.js: adds up how long something was so. It reads no clock: every moment is handed in, in milliseconds. */
export class Stopwatch {
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
