// Move one stone so that five lie in a row.

import { cells, words } from "../controls/cells.js";

export const texts = {
  en: {
    ...words.en,
    title: "Move one stone to make five in a row",
  },
  zh: {
    ...words.zh,
    title: "请移动一枚棋子，连成五子",
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
