// Signals and proof of work: the visitor sees a short check and presses nothing.

export const passive = true;

export const texts = {
  en: { title: "Checking your browser" },
  zh: { title: "正在检查您的浏览器" },
};

/**
 * @param {HTMLElement} _box
 * @param {unknown} _view
 * @param {(value: unknown) => void} done
 */
export function mount(_box, _view, done) {
  done(null);
  return { unmount() {} };
}
