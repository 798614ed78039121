/* probabilities.js: says what several percents add up to, where they have to add up. It measures nothing. Unit: percent. */
function tell(box) {
  const numbers = [...box.querySelectorAll('input[type="number"]')].filter((input) => input.value !== "");
  const total = numbers.reduce((sum, input) => sum + Number(input.value), 0);
  const line = box.querySelector("[data-sum-text]");
  line.textContent = numbers.length ? `${line.dataset.words} ${Math.round(total * 100) / 100} / ${box.dataset.sum}` : "";
}

export function enhance(root) {
  for (const box of root.querySelectorAll("[data-sum]")) {
    box.addEventListener("input", () => tell(box));
    box.addEventListener("change", () => tell(box));
    tell(box);
  }
}
