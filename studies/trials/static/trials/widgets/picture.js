/* picture.js: zoom, pan, brightness and contrast of a case's pictures, by buttons, keys, pointer and two fingers.
 *
 * It measures nothing itself; it records what was done, for each picture: zoom {part, scale}, pan {part, x, y} (percent of
 * the frame), window {part, brightness, contrast, view} (1 = as it was; view = number of the window, from 0). What goes on
 * is recorded once it rests for 300 ms, with the moment of the last change. Without this script the picture is there as it is.
 */
import { now } from "../clock.js";
import { gestures } from "./gestures.js";

const REST_MS = 300;
const LARGEST = 8;
const STEP = 1.25;
const MOVE = 10; // percent of the frame
const clamp = (value, low, high) => Math.min(high, Math.max(low, value));
const round = (value) => Math.round(value * 100) / 100;

class Picture {
  constructor(figure, record) {
    Object.assign(this, { figure, record, timers: {}, view: 0 });
    this.frame = figure.querySelector("[data-viewport]");
    this.image = this.frame.querySelector("img");
    this.said = figure.querySelector("[data-said]");
    this.part = figure.dataset.picture;
    this.forget();
  }
  forget() {
    Object.assign(this, { scale: 1, x: 0, y: 0, brightness: 1, contrast: 1 });
  }
  draw() {
    const edge = (50 * (this.scale - 1)) / this.scale;
    this.x = clamp(this.x, -edge, edge);
    this.y = clamp(this.y, -edge, edge);
    // A field that marks a region lays its drawing over the picture: both are moved together.
    const shown = this.frame.querySelector(".surface") ?? this.image;
    shown.style.transform = this.scale === 1 ? "" : `scale(${this.scale}) translate(${this.x}%, ${this.y}%)`;
    const plain = this.brightness === 1 && this.contrast === 1;
    this.image.style.filter = plain ? "" : `brightness(${this.brightness}) contrast(${this.contrast})`;
    this.frame.classList.toggle("zoomed", this.scale > 1);
  }
  tell(kind, payload) {
    const at = now();
    clearTimeout(this.timers[kind]?.id);
    const send = () => {
      delete this.timers[kind];
      this.record(kind, { part: this.part, ...payload() }, at);
    };
    this.timers[kind] = { send, id: setTimeout(send, REST_MS) };
  }
  flush() {
    for (const { send, id } of Object.values(this.timers)) {
      clearTimeout(id);
      send();
    }
  }
  zoom(scale) {
    this.scale = clamp(round(scale), 1, LARGEST);
    this.draw();
    this.said.textContent = `${this.said.dataset.zoom} ${Math.round(100 * this.scale)} %`;
    this.tell("zoom", () => ({ scale: this.scale }));
  }
  move(x, y) {
    this.x += x / this.scale;
    this.y += y / this.scale;
    this.draw();
    this.tell("pan", () => ({ x: round(this.x), y: round(this.y) }));
  }
  light(brightness, contrast) {
    this.brightness = clamp(round(brightness), 0.3, 3);
    this.contrast = clamp(round(contrast), 0.3, 4);
    this.draw();
    this.tell("window", () => ({ brightness: this.brightness, contrast: this.contrast, view: this.view }));
  }
  look(button, number) {
    this.view = number;
    this.image.src = button.dataset.view;
    for (const other of button.parentElement.children) other.setAttribute("aria-pressed", String(other === button));
    this.light(this.brightness, this.contrast);
  }
  reset() {
    this.forget();
    this.zoom(1);
    this.light(1, 1);
  }
  act(what) {
    if (what === "in") return this.zoom(this.scale * STEP);
    if (what === "out") return this.zoom(this.scale / STEP);
    if (what === "brighter") return this.light(this.brightness * 1.1, this.contrast);
    if (what === "darker") return this.light(this.brightness / 1.1, this.contrast);
    if (what === "more") return this.light(this.brightness, this.contrast * 1.1);
    if (what === "less") return this.light(this.brightness, this.contrast / 1.1);
    if (what === "reset") return this.reset();
    const [x, y] = { left: [MOVE, 0], right: [-MOVE, 0], up: [0, MOVE], down: [0, -MOVE] }[what];
    return this.move(x, y);
  }
  fail() {
    this.said.textContent = this.said.dataset.failed;
    this.said.classList.remove("said");
    this.record("picture_failed", { part: this.part });
  }
  listen() {
    this.frame.tabIndex = 0;
    this.frame.setAttribute("role", "group");
    gestures(this);
    for (const tools of this.figure.querySelectorAll("[data-tools]")) tools.hidden = false;
    for (const button of this.figure.querySelectorAll("[data-do]")) {
      button.addEventListener("click", () => this.act(button.dataset.do));
    }
    this.figure.querySelectorAll("[data-view]").forEach((button, number) => {
      button.addEventListener("click", () => this.look(button, number));
    });
    this.image.addEventListener("error", () => this.fail());
    if (this.image.complete && !this.image.naturalWidth) this.fail();
  }
}

/* Give every picture under `root` its tools; the promise is kept when all of them can be seen (or cannot be had). */
export function enhancePictures(root, record) {
  const figures = [...root.querySelectorAll("[data-picture]:has([data-viewport])")];
  if (!figures.length) return null;
  for (const figure of figures) {
    const picture = new Picture(figure, record);
    picture.listen();
    // Before the outbox empties itself, which listens to the same.
    window.addEventListener("pagehide", () => picture.flush(), { capture: true });
  }
  return Promise.all(figures.map((figure) => figure.querySelector("img").decode().catch(() => {})));
}
