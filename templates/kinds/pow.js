// Proof of work alone: nothing to do but wait; the page shows how far the search is.

/** The page shows its own progress; there is nothing to press. */
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
