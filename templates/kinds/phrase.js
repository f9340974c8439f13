// Click four characters in the order in which they make a Chinese phrase; one more does not belong.

import { points, words } from "../controls/points.js";

export const texts = {
  en: {
    ...words.en,
    title: "Click the 4 characters in the order of a Chinese phrase",
  },
  zh: {
    ...words.zh,
    title: "请依次点击 4 个字，组成成语",
  },
};

/**
 * @param {HTMLElement} box
 * @param {import("../controls/points.js").View} view
 * @param {(value: unknown) => void} done called once with the answer
 * @param {import("../page.js").Context} ctx
 */
export function mount(box, view, done, ctx) {
  return points(box, view, done, ctx);
}
