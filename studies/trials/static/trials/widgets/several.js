/* several.js: keeps answers apart that exclude each other. It measures nothing.
 *
 * Ticking "none of these" unticks the others and the other way round; choosing to leave everything as it is clears what
 * was to be put in its place. The server refuses contradictions in any case.
 */
const untick = (inputs) => inputs.forEach((input) => (input.checked = false));

function alone(group) {
  const none = group.querySelector("[data-alone]");
  const others = [...group.querySelectorAll('input[type="checkbox"]:not([data-alone])')];
  none.addEventListener("change", () => none.checked && untick(others));
  others.forEach((other) => other.addEventListener("change", () => other.checked && untick([none])));
}

function unchanged(group) {
  const none = group.querySelector("[data-nothing]");
  const put = [...group.querySelectorAll('input[name$=".put"]')];
  none.addEventListener("change", () => untick(put));
  put.forEach((radio) => radio.addEventListener("change", () => untick([none])));
}

export function enhance(root) {
  root.querySelectorAll('[data-kind="several"]:has([data-alone])').forEach(alone);
  root.querySelectorAll('[data-kind="replacement"]:has([data-nothing])').forEach(unchanged);
}
