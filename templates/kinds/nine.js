// Choose the tiles that fit what is asked.

import { choose, words } from "../controls/choose.js";

export const texts = {
  en: {
    ...words.en,
    title: "Choose all pictures that fit",
  },
  zh: {
    ...words.zh,
    title: "请选出所有符合的图片",
  },
};

/**
 * @param {HTMLElement} box
 * @param {import("../controls/choose.js").View} view
 * @param {(value: unknown) => void} done called once with the answer
 * @param {import("../page.js").Context} ctx
 */
export function mount(box, view, done, ctx) {
  return choose(box, view, done, ctx);
}
