// Choose among pictures: one of several (radio buttons), or some of them (buttons that stay pressed), in
// one round or in several, one after the other. All options are fields of one picture, so that neither
// their number of bytes nor their names tell them apart. Nothing is sent before it is confirmed.
//
// View: {rounds: [{picture, aspect, rows, columns, prompt?, prompt_aspect?, caption?}], count}; what all
// rounds share may lie beside `rounds`, and a single round may be the view itself. A prompt is as wide as
// the options, unless words (`caption`) stand beside it. `count`: how many to choose in a round.
// Answer, with fields counted row by row from 0: [index, …], the sorted ones of each round.

import { ARROWS, begin, isOurs, make, picture, stage } from "./stage.js";

/** @typedef {{picture: string, aspect: number, rows: number, columns: number, prompt?: string,
 *   prompt_aspect?: number, caption?: string}} Round */
/** @typedef {Partial<Round> & {rounds?: Partial<Round>[], count: number}} View */

export const words = {
  en: {
    alt: "Pictures to choose from. Another way, without pictures, is offered below.",
    prompt_alt: "What to compare them with, as a picture.",
    option: "Picture {n} of {count}",
    round: "{n} of {count}",
    next: "{n} of {count} done. Here is the next.",
    chosen: "{n} of {count} chosen.",
  },
  zh: {
    alt: "供选择的图片。下方另有不用看图的方式。",
    prompt_alt: "用来对照的图片。",
    option: "图片 {n} / {count}",
    round: "{n} / {count}",
    next: "已完成 {n} / {count}，请看下一个。",
    chosen: "已选 {n} / {count}。",
  },
};

/**
 * @param {HTMLElement} box
 * @param {View} view
 * @param {import("./stage.js").Done} done
 * @param {import("./stage.js").Context} ctx
 */
export function choose(box, view, done, ctx) {
  const control = begin(box, ctx, done);
  const rounds = (view.rounds ?? [view]).map((round) => /** @type {Round} */ ({ ...view, ...round }));
  const single = view.count === 1;
  /** Of the rounds before. @type {number[]} */
  const chosen = [];
  let at_round = 0;
  /** Of the round on show. @type {HTMLButtonElement[]} */
  let fields = [];
  /** @type {Set<number>} */
  let picked = new Set();

  const place = make("div", "rounds");
  const confirm = control.confirm(() => (picked.size === view.count ? "" : said()), next);
  control.root.append(place, confirm);

  function said() {
    return ctx.t("chosen", { n: picked.size, count: view.count });
  }

  function show() {
    const round = rounds[at_round];
    place.textContent = "";
    picked = new Set();
    if (rounds.length > 1) say(ctx.t("round", { n: at_round + 1, count: rounds.length }), place);
    const example = make("div", round.caption ? "example" : "scene");
    if (round.prompt) {
      const scene = stage(round.prompt_aspect || 1);
      scene.append(picture(round.prompt, ctx.t("prompt_alt")));
      example.append(scene);
    }
    if (round.caption) say(round.caption, example);
    if (round.prompt || round.caption) place.append(example);
    const room = stage(round.aspect, { role: single ? "radiogroup" : "group", "aria-labelledby": "title" });
    room.classList.add("is-tiled", "is-options");
    fields = Array.from({ length: round.rows * round.columns }, (_, i) => field(i, round));
    room.append(picture(round.picture, ctx.t("alt")), ...fields);
    place.append(room);
    mark(0);
    confirm.refresh();
  }

  /** @param {string} text @param {HTMLElement} to */
  function say(text, to) {
    const words = make("p", "caption");
    words.textContent = text;
    to.append(words);
  }

  /** @param {number} i @param {Round} of */
  function field(i, { rows, columns }) {
    const label = ctx.t("option", { n: i + 1, count: rows * columns });
    const element = make("button", "cell", { type: "button", "aria-label": label });
    if (single) element.setAttribute("role", "radio");
    element.style.left = `${(100 * (i % columns)) / columns}%`;
    element.style.top = `${(100 * Math.floor(i / columns)) / rows}%`;
    element.style.width = `${100 / columns}%`;
    element.style.height = `${100 / rows}%`;
    element.addEventListener("click", () => press(i));
    element.addEventListener("keydown", (event) => {
      const way = ARROWS[event.key];
      if (control.over || !way || !isOurs(event)) return;
      event.preventDefault();
      const column = (i % columns) + way[0];
      const to = i + way[0] + way[1] * columns;
      if (column < 0 || column >= columns || !fields[to]) return;
      mark(to);
      fields[to].focus();
      if (single) press(to); // as radio buttons do
    });
    return element;
  }

  /** @param {number} at which field Tab leads to */
  function mark(at) {
    fields.forEach((element, i) => {
      element.tabIndex = i === at ? 0 : -1;
      element.setAttribute(single ? "aria-checked" : "aria-pressed", String(picked.has(i)));
    });
  }

  /** @param {number} i */
  function press(i) {
    if (control.over) return;
    if (single) picked = new Set([i]);
    else if (!picked.delete(i) && picked.size < view.count) picked.add(i);
    mark(i);
    confirm.refresh();
    ctx.announce(said());
  }

  function next() {
    chosen.push(...[...picked].sort((a, b) => a - b));
    if (++at_round === rounds.length) return control.finish(chosen);
    show();
    fields[0].focus();
    ctx.announce(ctx.t("next", { n: at_round, count: rounds.length }));
  }

  show();
  return { unmount: control.unmount };
}
