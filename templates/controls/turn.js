// Turn pictures: drag them around their centre, use the slider below, the arrow keys, or four buttons
// (WCAG 2.5.7: no dragging needed). Nothing is sent before it is confirmed.
//
// View: {pictures: [uri, …], steps}: square pictures, shown round; `steps` of an arrow key or a small
// button make a full turn. Answer: [turn, …], clockwise from the start, as a fraction of a full turn
// from 0 to below 1.

import { begin, button, isOurs, make, picture, rounded, stage } from "./stage.js";

/** @typedef {{pictures: string[], steps: number}} View */

const BIG = 1 / 12; // of a full turn: with Shift, or by the outer buttons
const ALL = 720; // parts of the slider

/** Steps of a key. @type {Record<string, number>} */
const KEYS = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 };

export const words = {
  en: {
    alt: "A picture to turn. Another way, without pictures, is offered below.",
    picture: "Picture {n} of {count}: arrow keys turn it, with Shift further",
    degrees: "{n} degrees",
    still: "Turn every picture first.",
    pad: "Turn step by step",
    farLeft: "Far to the left",
    left: "To the left",
    right: "To the right",
    farRight: "Far to the right",
  },
  zh: {
    alt: "需要旋转的图片。下方另有不用看图的方式。",
    picture: "图片 {n} / {count}：方向键旋转，按住 Shift 转得更多",
    degrees: "{n} 度",
    still: "请先旋转每张图片。",
    pad: "一步步旋转",
    farLeft: "大幅左转",
    left: "左转",
    right: "右转",
    farRight: "大幅右转",
  },
};

/**
 * @param {HTMLElement} box
 * @param {View} view
 * @param {import("./stage.js").Done} done
 * @param {import("./stage.js").Context} ctx
 */
export function turn(box, view, done, ctx) {
  const control = begin(box, ctx, done);
  const turns = view.pictures.map(() => 0);
  const turned = view.pictures.map(() => false);
  let chosen = 0;
  /** A pointer that turns, and where it was last, in full turns. @type {{id: number, at: number} | null} */
  let hand = null;

  const confirm = control.confirm(
    () => (turned.includes(false) ? ctx.t("still") : ""),
    () => control.finish(turns.map((part) => rounded(part) % 1)),
  );
  const rooms = make("div", "turns", { dir: "ltr" });
  const dials = view.pictures.map(dial);
  rooms.append(...dials);
  // Keys turn the pictures themselves, so that the slider is for pointers alone.
  const slider = make("input", "range", { type: "range", max: String(ALL), tabindex: "-1", "aria-hidden": "true", dir: "ltr" });
  slider.addEventListener("input", () => set(chosen, Number(slider.value) / ALL));
  const pad = make("div", "pad", { dir: "ltr", role: "group", "aria-label": ctx.t("pad") });
  const small = 1 / view.steps;
  for (const [key, by] of /** @type {[string, number][]} */ ([
    ["farLeft", -BIG], ["left", -small], ["right", small], ["farRight", BIG],
  ])) {
    const arrow = button("secondary arrow", "", () => set(chosen, turns[chosen] + by));
    arrow.setAttribute("aria-label", ctx.t(key));
    arrow.dataset.key = key;
    pad.append(arrow);
  }
  control.root.append(rooms, slider, pad, confirm);

  /** @param {string} uri @param {number} i */
  function dial(uri, i) {
    const label = ctx.t("picture", { n: i + 1, count: view.pictures.length });
    const element = stage(1, {
      role: "slider", tabindex: "0", "aria-label": label, "aria-valuemin": "0", "aria-valuemax": "359",
    });
    element.classList.add("dial");
    element.append(picture(uri, ctx.t("alt")));
    element.addEventListener("focus", () => choose(i));
    element.addEventListener("pointerdown", (event) => {
      if (control.over || hand || event.button !== 0) return;
      element.setPointerCapture(event.pointerId);
      choose(i);
      hand = { id: event.pointerId, at: around(event, element) };
    });
    element.addEventListener("pointermove", (event) => {
      if (!hand || hand.id !== event.pointerId) return;
      const at = around(event, element);
      if (at !== hand.at) set(i, turns[i] + at - hand.at);
      hand.at = at;
    });
    /** @param {PointerEvent} event */
    const release = (event) => {
      if (hand && hand.id === event.pointerId) hand = null;
    };
    element.addEventListener("pointerup", release);
    element.addEventListener("pointercancel", release);
    element.addEventListener("lostpointercapture", release);
    element.addEventListener("keydown", (event) => {
      const steps = KEYS[event.key];
      if (!steps || !isOurs(event)) return;
      event.preventDefault();
      set(i, turns[i] + steps * (event.shiftKey ? BIG : small));
    });
    return element;
  }

  /** @param {number} i */
  function choose(i) {
    chosen = i;
    dials.forEach((element, n) => element.classList.toggle("is-chosen", n === i));
    slider.value = String(turns[i] * ALL);
  }

  /** @param {number} i @param {number} to */
  function set(i, to) {
    if (control.over) return;
    turned[i] = true;
    show(i, to);
    confirm.refresh();
  }

  /** @param {number} i @param {number} to */
  function show(i, to) {
    turns[i] = ((to % 1) + 1) % 1;
    const degrees = Math.round(turns[i] * 360) % 360;
    /** @type {HTMLElement} */ (dials[i].firstElementChild).style.transform = `rotate(${turns[i]}turn)`;
    dials[i].setAttribute("aria-valuenow", String(degrees));
    dials[i].setAttribute("aria-valuetext", ctx.t("degrees", { n: degrees }));
    if (i === chosen) slider.value = String(turns[i] * ALL);
  }

  dials.forEach((_, i) => show(i, 0));
  choose(0);
  return { unmount: control.unmount };
}

/** Where a pointer is around a centre, in full turns clockwise. @param {MouseEvent} event @param {Element} element */
function around(event, element) {
  const rect = element.getBoundingClientRect();
  const x = event.clientX - rect.left - rect.width / 2;
  const y = event.clientY - rect.top - rect.height / 2;
  return Math.atan2(y, x) / (2 * Math.PI);
}
