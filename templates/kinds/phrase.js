// Click characters in the order in which they make a phrase.

import { points, words } from "../controls/points.js";

export const texts = {
  en: {
    ...words.en,
    title: "Click the characters so that they make the phrase",
    prompt: "In the right order:",
    prompt_alt: "the phrase, shown as a picture",
  },
  zh: {
    ...words.zh,
    title: "请依次点击文字，组成词语",
    prompt: "按正确顺序：",
    prompt_alt: "以图片显示的词语",
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
