// Choose what a scene looks like from another side, in each round.

import { choose, words } from "../controls/choose.js";

export const texts = {
  en: {
    ...words.en,
    title: "What does the little person see? Colours do not count.",
    prompt_alt: "A scene from above, with a little person beside it.",
    option: "View {n} of {count}",
  },
  zh: {
    ...words.zh,
    title: "小人看到的是哪张图？颜色不同也没关系。",
    prompt_alt: "从上方看的场景，旁边有一个小人。",
    option: "视图 {n} / {count}",
  },
};

/**
 * @param {HTMLElement} box
 * @param {{rounds: {scene: string, options: string}[], rows: number, columns: number, aspect: number, scene_aspect: number}} view
 * @param {(value: unknown) => void} done called once with the answer
 * @param {import("../page.js").Context} ctx
 */
export function mount(box, view, done, ctx) {
  const rounds = view.rounds.map(({ scene, options }) => ({ prompt: scene, picture: options }));
  return choose(box, { ...view, rounds, prompt_aspect: view.scene_aspect, count: 1 }, done, ctx);
}
