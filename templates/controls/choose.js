// Choose among pictures: one of several (radio buttons), or some of them (buttons that stay pressed), in
// one round or in several, one after the other. All options are fields of one picture, so that neither
// their number of bytes nor their names tell them apart. Nothing is sent before it is confirmed.
//
// View: {rounds: [{picture, aspect, rows, columns, prompt?, prompt_aspect?}], count?}; what all rounds
// share may lie beside `rounds`, and a single round may be the view itself. `count`: how many to choose
// in a round; any number if left out. Answer, with fields counted row by row from 0: [index, …], one
// for each round if `count` is 1, else the sorted ones of the only round, else a list of such lists.

import { ARROWS, begin, isOurs, make, picture, stage } from "./stage.js";

/** @typedef {{picture: string, aspect: number, rows: number, columns: number, prompt?: string,
 *   prompt_aspect?: number}} Round */
/** @typedef {Partial<Round> & {rounds?: Partial<Round>[], count?: number}} View */

export const words = {
  en: {
    alt: "Pictures to choose from. Another way, without pictures, is offered below.",
    prompt_alt: "What to compare them with, as a picture.",
    option: "Picture {n} of {count}",
    round: "{n} of {count}",
    next: "{n} of {count} done. Here is the next.",
    chosen: "{n} of {count} chosen.",
    some: "{n} chosen.",
  },
  zh: {
    alt: "供选择的图片。下方另有不用看图的方式。",
    prompt_alt: "用来对照的图片。",
    option: "图片 {n} / {count}",
    round: "{n} / {count}",
    next: "已完成 {n} / {count}，请看下一个。",
    chosen: "已选 {n} / {count}。",
    some: "已选 {n} 张。",
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
  /** @type {number[][]} */
  const chosen = [];
  /** Of the round on show. @type {HTMLButtonElement[]} */
  let fields = [];
  /** @type {Set<number>} */
  let picked = new Set();

  const place = make("div", "rounds");
  const confirm = control.confirm(() => (isComplete() ? "" : said()), next);
  control.root.append(place, confirm);

  function isComplete() {
    return view.count ? picked.size === view.count : picked.size > 0;
  }

  function said() {
    return ctx.t(view.count ? "chosen" : "some", { n: picked.size, count: view.count });
  }

  function show() {
    const round = rounds[chosen.length];
    place.textContent = "";
    picked = new Set();
    if (rounds.length > 1) {
      const caption = make("p", "caption");
      caption.textContent = ctx.t("round", { n: chosen.length + 1, count: rounds.length });
      place.append(caption);
    }
    if (round.prompt) {
      const scene = stage(round.prompt_aspect || 1);
      scene.append(picture(round.prompt, ctx.t("prompt_alt")));
      place.append(scene);
    }
    const room = stage(round.aspect, { role: single ? "radiogroup" : "group", "aria-labelledby": "title" });
    room.classList.add("is-tiled", "is-options");
    fields = Array.from({ length: round.rows * round.columns }, (_, i) => field(i, round));
    room.append(picture(round.picture, ctx.t("alt")), ...fields);
    place.append(room);
    mark(0);
    confirm.refresh();
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
    else if (!picked.delete(i) && !(view.count && picked.size >= view.count)) picked.add(i);
    mark(i);
    confirm.refresh();
    ctx.announce(said());
  }

  function next() {
    chosen.push([...picked].sort((a, b) => a - b));
    if (chosen.length === rounds.length) {
      return control.finish(single ? chosen.map((few) => few[0]) : rounds.length > 1 ? chosen : chosen[0]);
    }
    show();
    fields[0].focus();
    ctx.announce(ctx.t("next", { n: chosen.length, count: rounds.length }));
  }

  show();
  return { unmount: control.unmount };
}
