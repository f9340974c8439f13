// Put the blocks of a cut picture back, two at a time.

import { cells, words } from "../controls/cells.js";

export const texts = {
  en: {
    ...words.en,
    title: "Swap blocks until the picture is whole",
  },
  zh: {
    ...words.zh,
    title: "请交换图块，把图画拼完整",
  },
};

/**
 * @param {HTMLElement} box
 * @param {import("../controls/cells.js").View} view
 * @param {(value: unknown) => void} done called once with the answer
 * @param {import("../page.js").Context} ctx
 */
export function mount(box, view, done, ctx) {
  return cells(box, view, done, ctx);
}
