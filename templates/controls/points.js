// Click places in a picture: numbered marks, each of which a tap takes back. By keyboard arrows move a
// cross over the picture and Enter or Space sets a mark there. Nothing is sent before it is confirmed.
//
// View: {picture, aspect, count, prompt?, prompt_aspect?}. Answer: [[x, y], …] in the marks' order.

import { ARROWS, begin, button, isOurs, make, picture, placeOf, prompt, rounded, stage, within } from "./stage.js";

/** @typedef {import("./stage.js").Place} Place */
/** @typedef {{picture: string, aspect: number, count: number, prompt?: string, prompt_aspect?: number}} View */

const STEP = 1 / 64; // of the picture's width, for an arrow key; with Shift eight of them
const MARK_PX = 14; // radius of a mark as drawn: a tap on it takes it back

export const words = {
  en: {
    alt: "A picture to click in. Another way, without pictures, is offered below.",
    prompt: "Look for:",
    prompt_alt: "what to look for, as a picture",
    stage: "Picture. Arrow keys move a cross, with Shift further; Enter sets a mark.",
    set: "{n} of {count} set.",
    all: "{count} of {count} set. Press Confirm, or tap a mark to take it back.",
  },
  zh: {
    alt: "需要点击的图片。下方另有不用看图的方式。",
    prompt: "请寻找：",
    prompt_alt: "以图片显示的寻找目标",
    stage: "图片。方向键移动十字，按住 Shift 移动更远；回车键设置标记。",
    set: "已标记 {n} / {count}。",
    all: "已标记 {count} / {count}。请按“确定”，或轻点标记将其取消。",
  },
};

/**
 * @param {HTMLElement} box
 * @param {View} view
 * @param {import("./stage.js").Done} done
 * @param {import("./stage.js").Context} ctx
 */
export function points(box, view, done, ctx) {
  const control = begin(box, ctx, done);
  const room = stage(view.aspect, { role: "application", tabindex: "0", "aria-label": ctx.t("stage") });
  const cross = make("div", "cross", { "aria-hidden": "true" });
  cross.hidden = true;
  /** @type {(Place | null)[]} */
  const places = Array(view.count).fill(null);
  /** Which were set, the latest last. @type {number[]} */
  let history = [];
  /** @type {Place} */
  let at = [0.5, 0.5];
  let pressed = false; // by a pointer: no cross then

  const marks = places.map((_, i) => {
    const mark = make("div", "mark", { "aria-hidden": "true" });
    mark.textContent = String(i + 1);
    return mark;
  });
  const undo = button("secondary", ctx.t("undo"), () => take(history[history.length - 1]));
  const confirm = control.confirm(
    () => (history.length < view.count ? said() : ""),
    () => control.finish(places.map((place) => place && place.map(rounded))),
  );
  const buttons = make("div", "buttons");
  buttons.append(undo, confirm);
  room.append(picture(view.picture, ctx.t("alt")), ...marks, cross);
  control.root.append(prompt(view, ctx, ctx.t("prompt_alt")), room, buttons);

  function said() {
    return ctx.t(history.length < view.count ? "set" : "all", { n: history.length, count: view.count });
  }

  function show() {
    marks.forEach((mark, i) => {
      const place = places[i];
      mark.hidden = !place;
      if (place) put(mark, place);
    });
    undo.setAttribute("aria-disabled", String(!history.length));
    confirm.refresh();
  }

  /** @param {HTMLElement} element @param {Place} place */
  function put(element, [x, y]) {
    element.style.left = `${100 * x}%`;
    element.style.top = `${100 * y}%`;
  }

  /** @param {number | undefined} which */
  function take(which) {
    if (control.over || which === undefined) return;
    places[which] = null;
    history = history.filter((other) => other !== which);
    show();
    ctx.announce(said());
  }

  /** Is a mark drawn here? @param {Place | null} place @param {Place} here */
  function isOn(place, here) {
    if (!place) return false;
    return Math.hypot((place[0] - here[0]) * room.clientWidth, (place[1] - here[1]) * room.clientHeight) <= MARK_PX;
  }

  /** Set a mark, or take back the one that is here. @param {Place} here */
  function press(here) {
    if (control.over) return;
    const there = places.findIndex((place) => isOn(place, here));
    if (there >= 0) return take(there);
    const which = places.indexOf(null); // a mark taken back is the next to set
    if (which >= 0) {
      places[which] = [within(here[0]), within(here[1])];
      history.push(which);
      show();
    }
    ctx.announce(said());
  }

  room.addEventListener("pointerdown", () => {
    pressed = cross.hidden = true;
  });
  room.addEventListener("focus", () => {
    cross.hidden = pressed;
  });
  room.addEventListener("blur", () => {
    cross.hidden = true;
  });
  room.addEventListener("click", (event) => {
    press(event.detail ? placeOf(event, room) : at); // without detail: by an assistive tool
    pressed = false;
  });
  room.addEventListener("keydown", (event) => {
    if (control.over || !isOurs(event)) return;
    const way = ARROWS[event.key];
    if (way) {
      const step = STEP * (event.shiftKey ? 8 : 1);
      at = [within(at[0] + way[0] * step), within(at[1] + way[1] * step * view.aspect)];
      put(cross, at);
      cross.hidden = false;
    } else if (event.key === "Enter" || event.key === " ") press(at);
    else if (event.key === "Backspace" || event.key === "Delete") take(history[history.length - 1]);
    else return;
    event.preventDefault();
  });

  put(cross, at);
  show();
  return { unmount: control.unmount };
}
