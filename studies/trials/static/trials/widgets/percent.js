/* percent.js: keeps a slider and its number field together; the number is what is sent. It measures nothing: values are in
 * the unit of the field (whole percent, or the steps of a slider). The slider has no default position: its handle stays out
 * of sight until a value is given, so that
 * nobody is drawn to the middle.
 */
function follow(slider, number) {
  const set = number.value !== "" && number.checkValidity();
  slider.classList.toggle("unset", !set);
  slider.setAttribute("aria-valuetext", set ? `${number.value} ${slider.dataset.unit}`.trim() : slider.dataset.unset);
  if (set) slider.value = number.value;
}

function lead(slider, number) {
  number.value = slider.value;
  follow(slider, number);
}

export function enhance(root) {
  for (const slider of root.querySelectorAll("input[data-slider]")) {
    const number = slider.form.querySelector(`input[type="number"][name="${CSS.escape(slider.dataset.slider)}"]`);
    slider.dataset.unset ??= slider.getAttribute("aria-valuetext");
    const tell = () => number.dispatchEvent(new Event("change", { bubbles: true }));
    slider.addEventListener("input", () => lead(slider, number));
    slider.addEventListener("change", tell);
    // A click on the place where the hidden handle happens to be changes nothing, so it makes no input event.
    slider.addEventListener("pointerup", () => {
      if (!slider.classList.contains("unset")) return;
      lead(slider, number);
      tell();
    });
    number.addEventListener("input", () => follow(slider, number));
    follow(slider, number);
  }
}
