/* keyboard.js: number keys choose, Enter submits. It measures nothing.
 *
 * 1-9 choose in the group that has the focus, else in the first unanswered one: the point of that number on a scale, the
 * option at that place in a choice. Nothing happens while somebody writes in a field, holds a key down or uses a modifier.
 */
const WRITES = 'input:not([type="radio"]):not([type="range"]), textarea, select';
const ACTS = "a, button, summary, input, textarea, select";

function groupFor(form, focused) {
  const groups = [...form.querySelectorAll('[data-kind="choice"], [data-kind="ordinal"]')];
  const own = focused.closest?.("[data-field]");
  if (own) return groups.includes(own) ? own : null;
  return groups.find((group) => !group.querySelector(":checked")) ?? (groups.length === 1 ? groups[0] : null);
}

function choose(form, digit, focused) {
  const group = groupFor(form, focused);
  if (!group) return false;
  const radios = [...group.querySelectorAll('input[type="radio"]')];
  const scale = group.dataset.kind === "ordinal";
  const radio = scale ? radios.find((each) => each.value === digit) : radios[digit - 1];
  if (!radio) return false;
  radio.focus();
  if (!radio.checked) radio.click();
  return true;
}

export function listen() {
  document.addEventListener("keydown", (event) => {
    const form = document.querySelector("form[data-page]");
    if (!form || event.repeat || event.ctrlKey || event.altKey || event.metaKey) return;
    if (/^[1-9]$/.test(event.key) && !event.target.matches(WRITES)) {
      if (choose(form, event.key, event.target)) event.preventDefault();
    } else if (event.key === "Enter" && !event.target.matches(ACTS)) {
      event.preventDefault();
      form.requestSubmit();
    }
  });
}
