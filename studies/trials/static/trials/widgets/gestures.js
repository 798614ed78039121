/* gestures.js: hands a picture (picture.js) what keys, pointer, two fingers and the wheel ask of it. It measures nothing. */
const STEP = 1.25;
const KEYS = {
  "+": "in", "=": "in", "-": "out", "0": "reset", ".": "brighter", ",": "darker", "]": "more", "[": "less",
  ArrowLeft: "left", ArrowRight: "right", ArrowUp: "up", ArrowDown: "down",
};

class Hands {
  constructor(picture) {
    Object.assign(this, { picture, frame: picture.frame, fingers: new Map() });
  }
  key(event) {
    const what = KEYS[event.key];
    if (event.target !== this.frame || !what || event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key.startsWith("Arrow") && this.picture.scale === 1) return;
    event.preventDefault();
    this.picture.act(what);
  }
  spread() {
    const [a, b] = [...this.fingers.values()];
    return Math.hypot(a.x - b.x, a.y - b.y);
  }
  down(event) {
    if (event.target.closest("svg")) return; // that pointer marks a region
    this.fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    if (this.fingers.size === 2) this.start = { spread: this.spread(), scale: this.picture.scale };
    if (this.picture.scale > 1 || this.fingers.size === 2) this.frame.setPointerCapture(event.pointerId);
  }
  drag(event) {
    const was = this.fingers.get(event.pointerId);
    if (!was) return;
    this.fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    if (this.fingers.size === 2) return this.picture.zoom((this.start.scale * this.spread()) / this.start.spread);
    if (this.picture.scale === 1) return;
    const { width, height } = this.frame.getBoundingClientRect();
    this.picture.move((100 * (event.clientX - was.x)) / width, (100 * (event.clientY - was.y)) / height);
  }
}

export function gestures(picture) {
  const hands = new Hands(picture);
  const { frame } = picture;
  frame.addEventListener("keydown", (event) => hands.key(event));
  frame.addEventListener("pointerdown", (event) => hands.down(event));
  frame.addEventListener("pointermove", (event) => hands.drag(event));
  for (const kind of ["pointerup", "pointercancel", "lostpointercapture"]) {
    frame.addEventListener(kind, (event) => hands.fingers.delete(event.pointerId));
  }
  frame.addEventListener("wheel", (event) => {
    if (!event.ctrlKey) return;
    event.preventDefault();
    picture.zoom(picture.scale * (event.deltaY < 0 ? STEP : 1 / STEP));
  }, { passive: false });
}
