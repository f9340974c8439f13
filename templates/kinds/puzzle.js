// Carry each piece into its gap.

import { carry, words } from "../controls/carry.js";

export const texts = {
  en: {
    ...words.en,
    title: "Move the piece into its gap",
  },
  zh: {
    ...words.zh,
    title: "请把拼图块移到缺口中",
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
