// Turn pictures until they stand as they should.

import { turn, words } from "../controls/turn.js";

export const texts = {
  en: {
    ...words.en,
    title: "Turn each picture until it stands upright",
  },
  zh: {
    ...words.zh,
    title: "请把每张图片转正",
  },
};

/**
 * @param {HTMLElement} box
 * @param {import("../controls/turn.js").View} view
 * @param {(value: unknown) => void} done called once with the answer
 * @param {import("../page.js").Context} ctx
 */
export function mount(box, view, done, ctx) {
  return turn(box, view, done, ctx);
}
