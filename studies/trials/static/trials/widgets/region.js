/* region.js: marks a box or a point on a picture and keeps the numbers beside it. It measures nothing.
 *
 * Unit: percent of the width and height of the picture, from its upper left corner; the numbers are what is sent. A drag
 * draws a box, a click sets a point. With the picture in focus the arrow keys move the mark by 1 % (Page Up and Page Down
 * by 10 % upwards and downwards) and Shift with an arrow key changes the size of a box. Without a script, or without a
 * picture, the numbers can be written.
 */
const SVG = "http://www.w3.org/2000/svg";
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1], PageUp: [0, -10], PageDown: [0, 10] };
const limit = (value, low = 0, high = 100) => Math.min(high, Math.max(low, value));
const round = (value) => Math.round(value * 10) / 10;

class Marking {
  constructor(field, picture) {
    this.inputs = Object.fromEntries([...field.querySelectorAll("[data-mark]")].map((input) => [input.dataset.mark, input]));
    this.nothing = field.querySelector("[data-nothing]");
    this.isBox = field.dataset.region === "box";
    this.picture = picture;
    this.surface = this.cover(picture, field.dataset.words);
    field.closest("[data-field]").querySelector(".hint").textContent = field.dataset.words;
    Object.values(this.inputs).forEach((input) => input.addEventListener("input", () => this.draw()));
    this.nothing?.addEventListener("change", () => this.nothing.checked && this.set({}));
    this.surface.addEventListener("pointerdown", (event) => this.press(event));
    this.surface.addEventListener("pointermove", (event) => this.drag(event));
    this.surface.addEventListener("pointerup", (event) => this.drop(event));
    this.surface.addEventListener("pointercancel", () => (this.from = null));
    this.surface.addEventListener("keydown", (event) => this.key(event));
    this.draw();
  }

  /* Lay a drawing over the picture: it takes pointer and keys, and shows the mark. */
  cover(picture, words) {
    const frame = document.createElement("span");
    frame.className = "surface";
    picture.replaceWith(frame);
    const drawing = document.createElementNS(SVG, "svg");
    drawing.setAttribute("tabindex", "0");
    drawing.setAttribute("role", "application");
    drawing.setAttribute("aria-label", words);
    for (const name of ["halo", "mark"]) {
      const shape = document.createElementNS(SVG, this.isBox ? "rect" : "circle");
      shape.setAttribute("class", name);
      if (!this.isBox) shape.setAttribute("r", "9");
      drawing.append(shape);
    }
    frame.append(picture, drawing);
    return drawing;
  }

  get place() {
    const found = Object.entries(this.inputs).map(([name, input]) => [name, input.value === "" ? NaN : Number(input.value)]);
    return found.every(([, value]) => Number.isFinite(value)) ? Object.fromEntries(found) : null;
  }

  set(place) {
    for (const [name, input] of Object.entries(this.inputs)) input.value = name in place ? round(limit(place[name])) : "";
    if (this.nothing && Object.keys(place).length) this.nothing.checked = false;
    this.draw();
  }

  tell() {
    const input = Object.values(this.inputs)[0];
    input.dispatchEvent(new Event("change", { bubbles: true }));
  }

  draw() {
    const place = this.place;
    for (const shape of this.surface.children) {
      shape.toggleAttribute("hidden", !place);
      if (!place) continue;
      const sides = this.isBox
        ? { x: place.x0, y: place.y0, width: Math.max(0, place.x1 - place.x0), height: Math.max(0, place.y1 - place.y0) }
        : { cx: place.x, cy: place.y };
      for (const [name, value] of Object.entries(sides)) shape.setAttribute(name, `${value}%`);
    }
  }

  at(event) {
    const box = this.surface.getBoundingClientRect();
    return { x: limit((100 * (event.clientX - box.left)) / box.width), y: limit((100 * (event.clientY - box.top)) / box.height) };
  }

  press(event) {
    if (event.button !== 0) return;
    this.from = this.at(event);
    this.surface.setPointerCapture(event.pointerId);
    this.drag(event);
  }

  drag(event) {
    if (!this.from) return;
    const [one, other] = [this.from, this.at(event)];
    if (!this.isBox) return this.set(other);
    if (Math.abs(one.x - other.x) < 0.5 && Math.abs(one.y - other.y) < 0.5) return;
    const [x0, x1] = [one.x, other.x].sort((a, b) => a - b);
    const [y0, y1] = [one.y, other.y].sort((a, b) => a - b);
    this.set({ x0, y0, x1, y1 });
  }

  drop(event) {
    if (!this.from) return;
    this.drag(event);
    this.from = null;
    this.tell();
  }

  key(event) {
    const step = ARROWS[event.key];
    if (!step || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    this.set(this.place ? this.moved(step, event.shiftKey) : this.middle());
    this.tell();
  }

  middle() {
    return this.isBox ? { x0: 40, y0: 40, x1: 60, y1: 60 } : { x: 50, y: 50 };
  }

  moved([dx, dy], resizes) {
    const { x, y, x0, y0, x1, y1 } = this.place;
    if (!this.isBox) return { x: x + dx, y: y + dy };
    if (resizes) return { x0, y0, x1: limit(x1 + dx, x0 + 1), y1: limit(y1 + dy, y0 + 1) };
    const [right, down] = [limit(dx, -x0, 100 - x1), limit(dy, -y0, 100 - y1)];
    return { x0: x0 + right, y0: y0 + down, x1: x1 + right, y1: y1 + down };
  }
}

export function enhance(root) {
  for (const field of root.querySelectorAll("[data-region]")) {
    const picture = root.querySelector(".evidence [data-picture] img") ?? root.querySelector(".evidence img");
    if (picture) new Marking(field, picture);
  }
}
