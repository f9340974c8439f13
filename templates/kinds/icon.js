// Click the given icons in the picture, in the order of the prompt.

import { points, words } from "../controls/points.js";

export const texts = {
  en: {
    ...words.en,
    title: "Click these icons, in this order",
    prompt: "In this order:",
    prompt_alt: "icons to click, shown as a picture",
  },
  zh: {
    ...words.zh,
    title: "请按顺序点击这些图标",
    prompt: "按此顺序：",
    prompt_alt: "以图片显示的待点击图标",
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
