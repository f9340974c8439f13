// Choose the three of nine tiles that fit a relation, said in words beside a tile that fits.

import { choose, words } from "../controls/choose.js";

export const texts = {
  en: {
    ...words.en,
    title: "Choose the 3 pictures that fit, like this one",
    prompt_alt: "A picture that fits.",
    behind: "The ball is behind the box.",
    inside: "The small ball is inside the closed line.",
    joined: "One string joins the two knobs.",
    points: "The arrow points at the ball.",
    same: "Both shapes are the same.",
  },
  zh: {
    ...words.zh,
    title: "请选出 3 张与示例相符的图片",
    prompt_alt: "一张相符的图片。",
    behind: "球在盒子后面。",
    inside: "小球在封闭的线圈里面。",
    joined: "一根线连着两个圆钮。",
    points: "箭头指向球。",
    same: "两个形状相同。",
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
