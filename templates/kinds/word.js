// Click the given characters in the picture, in the order of the prompt.

import { points, words } from "../controls/points.js";

export const texts = {
  en: {
    ...words.en,
    title: "Click these characters, in this order",
    prompt: "In this order:",
    prompt_alt: "characters to click, shown as a picture",
  },
  zh: {
    ...words.zh,
    title: "请按顺序点击这些文字",
    prompt: "按此顺序：",
    prompt_alt: "以图片显示的待点击文字",
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
