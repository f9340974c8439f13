// Carry each piece into the gap that is cut out of the same thing.

import { carry, words } from "../controls/carry.js";

export const texts = {
  en: {
    ...words.en,
    title: "Move each piece onto the gap in the same thing",
  },
  zh: {
    ...words.zh,
    title: "请把每块拼图移到同一样东西的缺口上",
  },
};

/**
 * @param {HTMLElement} box
 * @param {import("../controls/carry.js").View} view
 * @param {(value: unknown) => void} done called once with the answer
 * @param {import("../page.js").Context} ctx
 */
export function mount(box, view, done, ctx) {
  return carry(box, view, done, ctx);
}
