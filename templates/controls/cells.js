// A grid over one picture, of which two cells are named: tap one and then the other, or drag the one
// to the other, or do both with arrow keys and Space. The first is let go again by a tap or Escape.
//
// View: {picture, aspect, rows, columns, mode}. Cells are counted row by row from 0. Modes:
//   order   the two blocks change places, as often as wanted; confirmed. Answer: for each place the
//           block that lies there now, named by where it lay at first
//   swap    two neighbours, sent at once. Answer: [from, to]
//   move    any two, sent at once. Answer: [from, to]

import { ARROWS, begin, isOurs, make, picture, placeOf, stage } from "./stage.js";

/** @typedef {{picture: string, aspect: number, rows: number, columns: number,
 *   mode: "order" | "swap" | "move"}} View */

const STILL_PX = 6; // a pointer that moved less has tapped

export const words = {
  en: {
    alt: "A picture in a grid. Another way, without pictures, is offered below.",
    cell: "Row {row}, column {column}",
    picked: "Taken. Now the other place.",
    free: "Let go.",
    changed: "Swapped. Confirm when done.",
    far: "Only neighbours can change places.",
    still: "Change places first.",
  },
  zh: {
    alt: "网格图片。下方另有不用看图的方式。",
    cell: "第 {row} 行，第 {column} 列",
    picked: "已选中，请再点另一个位置。",
    free: "已取消。",
    changed: "已交换位置。全部正确后请按“确定”。",
    far: "只有相邻的才能交换位置。",
    still: "请先交换位置。",
  },
};

/**
 * @param {HTMLElement} box
 * @param {View} view
 * @param {import("./stage.js").Done} done
 * @param {import("./stage.js").Context} ctx
 */
export function cells(box, view, done, ctx) {
  const { rows, columns } = view;
  const control = begin(box, ctx, done);
  const isOrder = view.mode === "order";
  const room = stage(view.aspect, { role: "group", "aria-labelledby": "title" });
  room.classList.add(isOrder ? "is-tiled" : "is-board");
  /** The block at each place. */
  const order = Array.from({ length: rows * columns }, (_, i) => i);
  let changed = false;
  /** The cell taken first. @type {number | null} */
  let first = null;
  /** The cell under a pressed pointer. @type {{id: number, x_px: number, y_px: number, far: boolean} | null} */
  let hand = null;
  let dragged = false; // the click that follows is the end of a drag

  const confirm = control.confirm(() => (changed ? "" : ctx.t("still")), () => control.finish(order));
  const grid = order.map(cell);
  room.append(picture(view.picture, ctx.t("alt")), ...grid);
  control.root.append(room);
  if (isOrder) control.root.append(confirm);

  /** @param {number} i */
  function where(i) {
    return { row: Math.floor(i / columns) + 1, column: (i % columns) + 1 };
  }

  /** @param {number} i */
  function cell(i) {
    const element = make("button", "cell", { type: "button", "aria-label": ctx.t("cell", where(i)) });
    element.style.left = `${(100 * (i % columns)) / columns}%`;
    element.style.top = `${(100 * Math.floor(i / columns)) / rows}%`;
    element.style.width = `${100 / columns}%`;
    element.style.height = `${100 / rows}%`;
    element.style.backgroundSize = `${100 * columns}% ${100 * rows}%`;
    element.addEventListener("click", () => {
      if (!dragged) tap(i);
      dragged = false;
    });
    element.addEventListener("pointerdown", (event) => {
      dragged = false;
      if (control.over || hand || event.button !== 0) return;
      element.setPointerCapture(event.pointerId);
      hand = { id: event.pointerId, x_px: event.clientX, y_px: event.clientY, far: false };
    });
    element.addEventListener("pointermove", (event) => {
      if (!hand || hand.id !== event.pointerId) return;
      const [x_px, y_px] = [event.clientX - hand.x_px, event.clientY - hand.y_px];
      hand.far = hand.far || Math.hypot(x_px, y_px) > STILL_PX;
      if (!hand.far) return;
      lift(i, true);
      element.style.transform = `translate(${x_px}px, ${y_px}px)`;
    });
    /** @param {PointerEvent} event */
    const release = (event) => {
      if (!hand || hand.id !== event.pointerId) return;
      dragged = hand.far;
      hand = null;
      lift(i, false);
      element.style.transform = "";
      const [x, y] = placeOf(event, room).map((part, axis) => Math.floor(part * (axis ? rows : columns)));
      const isInside = x >= 0 && x < columns && y >= 0 && y < rows;
      if (dragged && event.type === "pointerup" && isInside) pair(i, y * columns + x, true);
    };
    element.addEventListener("pointerup", release);
    element.addEventListener("pointercancel", release);
    element.addEventListener("lostpointercapture", release);
    element.addEventListener("keydown", (event) => key(event, i));
    return element;
  }

  /** @param {KeyboardEvent} event @param {number} i */
  function key(event, i) {
    const way = ARROWS[event.key];
    if (control.over || !isOurs(event)) return;
    if (event.key === "Escape" && first !== null) {
      event.stopPropagation(); // in a frame it would close the whole check
      take(null);
    } else if (way) {
      event.preventDefault();
      const column = (i % columns) + way[0];
      const to = grid[i + way[0] + way[1] * columns];
      if (column >= 0 && column < columns && to) to.focus();
    }
  }

  /** Show the block of a cell itself, over the picture. @param {number} i @param {boolean} lifted */
  function lift(i, lifted) {
    const { style, classList } = grid[i];
    const { row, column } = where(order[i]);
    classList.toggle("is-dragged", lifted);
    style.backgroundImage = lifted || isOrder ? `url("${view.picture}")` : "";
    style.backgroundPosition = `${share(column, columns)}% ${share(row, rows)}%`;
  }

  /** @param {number | null} i @param {number} [at] which cell Tab leads to */
  function take(i, at) {
    const to = at ?? i ?? first;
    first = i;
    grid.forEach((element, n) => {
      element.setAttribute("aria-pressed", String(n === i));
      element.tabIndex = n === to ? 0 : -1;
    });
    if (i !== null) ctx.announce(ctx.t("picked"));
  }

  /** @param {number} i */
  function tap(i) {
    if (control.over) return;
    if (first === null) take(i);
    else pair(first, i, false);
  }

  /** @param {number} from @param {number} to @param {boolean} byDrag */
  function pair(from, to, byDrag) {
    if (control.over) return;
    take(null, to);
    if (from === to) return ctx.announce(ctx.t("free"));
    if (isOrder) {
      [order[from], order[to]] = [order[to], order[from]];
      lift(from, false);
      lift(to, false);
      changed = true;
      confirm.refresh();
      return ctx.announce(ctx.t("changed"));
    }
    const [a, b] = [where(from), where(to)];
    if (view.mode === "move" || Math.abs(a.row - b.row) + Math.abs(a.column - b.column) === 1) {
      grid[from].setAttribute("aria-pressed", "true");
      grid[to].setAttribute("aria-pressed", "true");
      control.finish([from, to]);
    } else if (byDrag) ctx.announce(ctx.t("far"));
    else take(to);
  }

  order.forEach((i) => lift(i, false));
  take(null, 0);
  return { unmount: control.unmount };
}

/** Of a block in its picture, as `background-position` counts. @param {number} nth from 1 @param {number} of */
function share(nth, of) {
  return of > 1 ? (100 * (nth - 1)) / (of - 1) : 0;
}
