// Choose the three of nine tiles that fit a relation, said in words beside a tile that fits.

import { choose, words } from "../controls/choose.js";

export const texts = {
  en: {
    ...words.en,
    title: "Choose the 3 pictures that fit, like this one",
    prompt_alt: "A picture that fits.",
    joined: "One string joins the two balls.",
    paired: "Each string has the same shape at both ends.",
    together: "Both balls are inside the dashed line, or both outside.",
  },
  zh: {
    ...words.zh,
    title: "请选出 3 张与示例相符的图片",
    prompt_alt: "一张相符的图片。",
    joined: "同一根线连着两个球。",
    paired: "每根线两端的形状相同。",
    together: "两个球都在虚线圈里面，或都在外面。",
  },
};

/**
 * @param {HTMLElement} box
 * @param {{picture: string, prompt: string, relation: string}} view
 * @param {(value: unknown) => void} done called once with the answer
 * @param {import("../page.js").Context} ctx
 */
export function mount(box, view, done, ctx) {
  const grid = { aspect: 1, rows: 3, columns: 3, count: 3, prompt_aspect: 1 };
  return choose(box, { ...view, ...grid, caption: ctx.t(view.relation) }, done, ctx);
}
