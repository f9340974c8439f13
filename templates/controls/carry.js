// Carry pieces over a picture: drag them, or tap a piece and then its place, or move it step by step
// with the arrow keys or with four buttons (WCAG 2.5.7: no dragging needed). Leaving the picture does
// not end a drag. Nothing is sent before it is confirmed.
//
// View: {picture, aspect, pieces: [{picture, width, height, x, y}]}, in fractions of the picture; x and
// y are the centre of a piece at the start, which may lie below the picture (y > 1).
// Answer: [[x, y], …], the centre of each.

import { ARROWS, begin, button, isOurs, make, picture, placeOf, rounded, stage, within } from "./stage.js";

/** @typedef {import("./stage.js").Place} Place */
/** @typedef {{picture: string, width: number, height: number, x: number, y: number}} Piece */
/** @typedef {{picture: string, aspect: number, pieces: Piece[]}} View */

const STEP = 1 / 160; // of the picture's width, for an arrow key or a button; with Shift eight of them
const STILL_PX = 4; // a pointer that moved less has tapped
const EDGE = 0.03; // of the picture's height, below pieces that wait under it

export const words = {
  en: {
    alt: "A picture with a place for each piece. Another way, without pictures, is offered below.",
    stage: "Picture with pieces",
    piece: "Piece {n} of {count}: arrow keys move it, with Shift further",
    at: "Piece {n}: {x} % across, {y} % down.",
    still: "Move every piece to its place first.",
    pad: "Move step by step",
    ArrowLeft: "To the left",
    ArrowUp: "Up",
    ArrowDown: "Down",
    ArrowRight: "To the right",
  },
  zh: {
    alt: "每块拼图都有对应位置的图片。下方另有不用看图的方式。",
    stage: "带拼图块的图片",
    piece: "拼图块 {n} / {count}：方向键移动，按住 Shift 移动更远",
    at: "拼图块 {n}：距左 {x}%，距上 {y}%。",
    still: "请先把每块拼图移到对应位置。",
    pad: "一步步移动",
    ArrowLeft: "向左",
    ArrowUp: "向上",
    ArrowDown: "向下",
    ArrowRight: "向右",
  },
};

/**
 * @param {HTMLElement} box
 * @param {View} view
 * @param {import("./stage.js").Done} done
 * @param {import("./stage.js").Context} ctx
 */
export function carry(box, view, done, ctx) {
  const control = begin(box, ctx, done);
  const lowest = Math.max(...view.pieces.map((piece) => piece.y + piece.height / 2));
  const high = lowest > 1 ? lowest + EDGE : 1; // of the room, in heights of the picture
  const room = stage(view.aspect / high, { role: "application", "aria-label": ctx.t("stage") });
  /** @type {Place[]} */
  const places = view.pieces.map(({ x, y }) => [x, y]);
  const moved = view.pieces.map(() => false);
  let chosen = 0;
  /** The piece in hand: by which pointer, whose place less the piece's, and where it began.
   * @type {{id: number, grip: Place, x_px: number, y_px: number, far: boolean} | null} */
  let hand = null;

  const ground = picture(view.picture, ctx.t("alt"));
  ground.style.height = `${100 / high}%`;
  const confirm = control.confirm(
    () => (moved.includes(false) ? ctx.t("still") : ""),
    () => control.finish(places.map((place) => place.map(rounded))),
  );
  const pieces = view.pieces.map(piece);
  const pad = make("div", "pad", { dir: "ltr", role: "group", "aria-label": ctx.t("pad") });
  for (const key of ["ArrowLeft", "ArrowUp", "ArrowDown", "ArrowRight"]) {
    const arrow = button("secondary arrow", "", () => step(chosen, ARROWS[key], 1));
    arrow.setAttribute("aria-label", ctx.t(key));
    arrow.dataset.key = key;
    pad.append(arrow);
  }
  room.classList.toggle("is-many", pieces.length > 1);
  room.append(ground, ...pieces);
  control.root.append(room, pad, confirm);

  /** @param {Piece} of @param {number} i */
  function piece({ picture: uri, width, height }, i) {
    const label = ctx.t("piece", { n: i + 1, count: view.pieces.length });
    const element = make("button", "piece", { type: "button", "aria-label": label });
    element.style.width = `${100 * width}%`;
    element.style.height = `${(100 * height) / high}%`;
    element.append(picture(uri, ""));
    element.addEventListener("pointerdown", (event) => {
      if (control.over || hand || event.button !== 0) return;
      element.setPointerCapture(event.pointerId);
      choose(i);
      const { pointerId: id, clientX: x_px, clientY: y_px } = event;
      const [x, y] = placeOf(event, room);
      hand = { id, grip: [x - places[i][0], y * high - places[i][1]], x_px, y_px, far: false };
    });
    element.addEventListener("pointermove", (event) => {
      if (control.over || !hand || hand.id !== event.pointerId) return;
      hand.far = hand.far || Math.hypot(event.clientX - hand.x_px, event.clientY - hand.y_px) > STILL_PX;
      if (!hand.far) return;
      const [x, y] = placeOf(event, room);
      move(i, [x - hand.grip[0], y * high - hand.grip[1]]);
      element.classList.add("is-dragged");
    });
    /** @param {PointerEvent} event */
    const release = (event) => {
      if (!hand || hand.id !== event.pointerId) return;
      if (hand.far) tell(i);
      hand = null;
      element.classList.remove("is-dragged");
    };
    element.addEventListener("pointerup", release);
    element.addEventListener("pointercancel", release);
    element.addEventListener("lostpointercapture", release);
    element.addEventListener("click", (event) => {
      event.stopPropagation(); // the room would carry the piece here
      choose(i);
    });
    element.addEventListener("focus", () => choose(i));
    element.addEventListener("keydown", (event) => {
      if (!ARROWS[event.key] || !isOurs(event)) return;
      event.preventDefault();
      step(i, ARROWS[event.key], event.shiftKey ? 8 : 1);
    });
    return element;
  }

  /** @param {number} i */
  function choose(i) {
    if (control.over) return;
    chosen = i;
    pieces.forEach((element, n) => element.setAttribute("aria-pressed", String(n === i)));
  }

  /** @param {number} i */
  function show(i) {
    pieces[i].style.left = `${100 * (places[i][0] - view.pieces[i].width / 2)}%`;
    pieces[i].style.top = `${(100 * (places[i][1] - view.pieces[i].height / 2)) / high}%`;
  }

  /** @param {number} i @param {Place} to */
  function move(i, to) {
    places[i] = [within(to[0]), within(to[1], high)];
    moved[i] = true;
    show(i);
    confirm.refresh();
  }

  /** @param {number} i @param {Place} way @param {number} steps */
  function step(i, way, steps) {
    if (control.over) return;
    const by = STEP * steps;
    move(i, [places[i][0] + way[0] * by, places[i][1] + way[1] * by * view.aspect]);
    tell(i);
  }

  /** @param {number} i */
  function tell(i) {
    const [x, y] = places[i].map((part) => Math.round(100 * part));
    ctx.announce(ctx.t("at", { n: i + 1, x, y }));
  }

  room.addEventListener("click", (event) => {
    if (control.over || !event.detail) return;
    const [x, y] = placeOf(event, room);
    move(chosen, [x, y * high]);
    tell(chosen);
  });

  view.pieces.forEach((_, i) => show(i));
  choose(0);
  return { unmount: control.unmount };
}
