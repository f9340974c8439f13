// Move one stone so that five of a kind lie in a row.

import { cells, words } from "../controls/cells.js";

export const texts = {
  en: {
    ...words.en,
    title: "Move one piece so that five alike make a line",
  },
  zh: {
    ...words.zh,
    title: "请移动一个图案，让五个相同的连成一线",
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
