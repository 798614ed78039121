/* ranking.js: gives every answer of a ranking a place of its own. It measures nothing; places are 1, 2, 3 …
 *
 * The selects are what is sent. Choosing a place that another answer holds makes the two change places; the last place goes
 * to the last answer by itself. Ranked answers stand in their order, and two buttons move each up or down.
 */
const selectsOf = (list) => [...list.querySelectorAll("select")];
const holder = (list, place, other) => selectsOf(list).find((select) => select !== other && select.value === place);

function settle(list) {
  const selects = selectsOf(list);
  const open = selects.filter((select) => !select.value);
  if (open.length !== 1 || selects.length === 1) return;
  const taken = new Set(selects.map((select) => select.value));
  open[0].value = selects.map((_, index) => String(index + 1)).find((place) => !taken.has(place));
}

function arrange(list) {
  const place = (row) => Number(row.querySelector("select").value) || Infinity;
  const rows = [...list.children].sort((one, other) => place(one) - place(other) || one.dataset.at - other.dataset.at);
  const focused = document.activeElement;
  rows.forEach((row) => list.append(row));
  if (list.contains(focused)) focused.focus();
  for (const row of rows) {
    const here = place(row);
    row.classList.toggle("ranked", here !== Infinity);
    row.querySelector('[data-move="-1"]').setAttribute("aria-disabled", String(here === 1));
    row.querySelector('[data-move="1"]').setAttribute("aria-disabled", String(here >= rows.length));
  }
}

function put(list, select, place) {
  const before = select.dataset.was ?? "";
  const other = holder(list, place, select);
  select.value = place;
  if (other && place) other.value = before;
  settle(list);
  selectsOf(list).forEach((each) => (each.dataset.was = each.value));
  arrange(list);
  const name = select.closest("li").querySelector("[data-name]").textContent;
  list.nextElementSibling.textContent = place ? `${name}: ${list.dataset.wordsPlace} ${place}` : "";
}

function move(list, select, by) {
  const selects = selectsOf(list);
  const free = selects.map((_, index) => String(index + 1)).find((place) => !holder(list, place, null));
  const place = select.value ? Number(select.value) + by : Number(free);
  if (place < 1 || place > selects.length) return;
  put(list, select, String(place));
  select.dispatchEvent(new Event("change", { bubbles: true }));
}

function button(list, select, by, text) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "step";
  made.dataset.move = by;
  made.textContent = by < 0 ? "\u2191" : "\u2193";
  made.setAttribute("aria-label", `${text}: ${select.closest("li").querySelector("[data-name]").textContent}`);
  made.addEventListener("click", () => move(list, select, by));
  return made;
}

export function enhance(root) {
  for (const list of root.querySelectorAll(".ranking")) {
    [...list.children].forEach((row, index) => (row.dataset.at = index));
    for (const select of selectsOf(list)) {
      select.dataset.was = select.value;
      const { wordsUp, wordsDown } = list.dataset;
      select.closest("li").append(button(list, select, -1, wordsUp), button(list, select, 1, wordsDown));
      select.addEventListener("change", () => select.value !== select.dataset.was && put(list, select, select.value));
    }
    arrange(list);
  }
}
