// One tap, in the form of a large tick box: a native button, so Space, Enter, taps and switches work.

export const texts = {
  en: { title: "Just one tap", label: "Tap here to go on" },
  zh: { title: "只需轻点一下", label: "点这里继续" },
};

/**
 * @param {HTMLElement} box
 * @param {unknown} _view
 * @param {(value: unknown) => void} done called once with true
 * @param {import("../page.js").Context} ctx
 */
export function mount(box, _view, done, ctx) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "tick";
  button.setAttribute("role", "checkbox");
  button.setAttribute("aria-checked", "false");
  const mark = document.createElement("span");
  mark.className = "tick-mark";
  mark.setAttribute("aria-hidden", "true");
  const label = document.createElement("span");
  label.textContent = ctx.t("label");
  button.append(mark, label);

  button.addEventListener("click", () => {
    if (button.getAttribute("aria-disabled") === "true") return;
    button.setAttribute("aria-checked", "true");
    button.setAttribute("aria-disabled", "true");
    done(true);
  });
  box.append(button);
  return { unmount: () => button.remove() };
}
