// A short wait: asks for nothing but patience. The server holds the clock; this one only shows it.

export const passive = true;
export const clocked = true; // what is left is shown here, as seconds

export const texts = {
  en: { title: "A short wait", left: "{n} s" },
  zh: { title: "请稍候片刻", left: "{n} 秒" },
};

/**
 * @param {HTMLElement} box
 * @param {{wait_s?: number}} view
 * @param {(value: unknown) => void} done called once with null, when the time is over
 * @param {import("../page.js").Context} ctx
 */
export function mount(box, view, done, ctx) {
  const clock = document.createElement("p");
  clock.className = "clock";
  clock.setAttribute("role", "timer");
  box.append(clock);

  const end_ms = performance.now() + 1000 * (Number(view?.wait_s) || 0);
  /** @type {number} */
  let timer = 0;
  const tick = () => {
    const left_s = Math.max(0, Math.ceil((end_ms - performance.now()) / 1000));
    clock.textContent = ctx.t("left", { n: left_s });
    if (left_s > 0) timer = setTimeout(tick, 250);
    else done(null);
  };
  tick();
  return {
    unmount() {
      clearTimeout(timer);
      clock.remove();
    },
  };
}
