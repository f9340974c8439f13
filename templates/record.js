// What the hand did and what the browser is, sent with an answer and judged by the gate alone.
// Nothing here identifies a visitor: no canvas, no fonts, no audio, no storage.
import { laid } from "./layout.js";
import { look } from "./probe.js";

const POINTS = 500; // newest kept; the gate refuses longer traces
const SHAPES = 9; // of touches; more tell no more

/** [milliseconds since the page began, x and y as fractions of the viewport, kind, then of pointers:
 * mouse, touch or pen, and how many raw points the event stands for where it is more than one]
 * @typedef {[number, number, number, "m" | "d" | "u" | "k", ("m" | "t" | "p")?, number?]} Point */

/** @param {number} value */
const round = (value) => Math.round(value * 1e4) / 1e4;

/** Watch the page until the end of its life. @param {boolean} [ours] see `look` */
export function start(ours = true) {
  const { found, ready, worker } = look(ours);
  /** @type {Point[]} */
  let trace = [];
  const seen = {
    pressed: 0, // pointerdown
    flat: 0, // … by mouse or pen with pressure 0: scripted input
    moved: 0,
    fractional: 0, // … of a mouse between device pixels
    coalesced: 1, // most raw points in one event
    untrusted: 0,
    keys: 0,
    touched: 0, // events of fingers
    thin: 0, // … no wider than a pixel
  };
  const shapes = new Set();
  /** Of the page that opened this one, by gateway.js. @type {{trace: unknown, inner: unknown} | undefined} */
  let before;

  /** @param {Point} point */
  function add(point) {
    trace.push(point);
    if (trace.length > POINTS) trace = trace.slice(-POINTS);
  }
  const now = () => Math.round(performance.now());

  /** @param {Event} event */
  const trust = ({ isTrusted }) => void (isTrusted || seen.untrusted++);

  /** @param {PointerEvent} event @param {Point[3]} kind @param {number} [raw] */
  function pointer(event, kind, raw = 1) {
    const { clientX, clientY, pointerType } = event;
    /** @type {Point} */
    const point = [now(), round(clientX / innerWidth), round(clientY / innerHeight), kind];
    const by = /** @type {"m" | "t" | "p" | undefined} */ ({ mouse: "m", touch: "t", pen: "p" }[pointerType]);
    if (by) point.push(by, ...(raw > 1 ? [raw] : []));
    add(point);
    trust(event);
    if (pointerType !== "touch" || kind === "u") return;
    seen.touched++;
    if (event.width <= 1) seen.thin++;
    if (shapes.size < SHAPES) shapes.add([event.width, event.height, event.pressure].join());
  }

  const listen = { capture: true, passive: true };
  addEventListener("pointermove", (event) => {
    const raw = event.getCoalescedEvents?.().length ?? 1;
    pointer(event, "m", raw);
    seen.moved++;
    const x_device = event.clientX * devicePixelRatio;
    const pinched = (visualViewport?.scale ?? 1) !== 1;
    const mouse = event.pointerType === "mouse"; // pens are finer than pixels
    if (mouse && !pinched && Math.abs(x_device - Math.round(x_device)) > 0.01) seen.fractional++;
    if (raw > seen.coalesced) seen.coalesced = raw;
  }, listen);
  addEventListener("pointerdown", (event) => {
    pointer(event, "d");
    seen.pressed++;
    if (event.pressure === 0 && event.pointerType !== "touch") seen.flat++;
  }, listen);
  addEventListener("pointerup", (event) => pointer(event, "u"), listen);
  addEventListener("click", trust, listen);
  addEventListener("keydown", (event) => {
    add([now(), 0, 0, "k"]); // that a key was pressed, never which
    seen.keys++;
    trust(event);
  }, listen);

  return {
    ready,
    worker,
    trace: () => trace,
    before: () => before,
    /** @param {{trace: unknown, inner: unknown}} said */
    hear: ({ trace, inner }) => void (before = { trace, inner }),
    /** @param {import("./layout.js").Tree[]} [trees] that came with the question */
    signals: (trees) => ({ ...environment(), ...seen, shapes: shapes.size, ...found, laid: laid(trees) }),
  };
}

/** Facts of the browser that betray scripted ones; see research on device signals. */
function environment() {
  /** @param {string} query */
  const matches = (query) => matchMedia(query).matches;
  return {
    webdriver: navigator.webdriver === true,
    languages: navigator.languages?.length ?? 0,
    touch_points: navigator.maxTouchPoints ?? 0,
    fine: matches("(any-pointer: fine)"),
    hover: matches("(any-hover: hover)"),
    dpr: devicePixelRatio,
    outer: [outerWidth, outerHeight],
    inner: [innerWidth, innerHeight],
    screen: [screen.width, screen.height],
    tab: top === window && matches("(display-mode: browser)"),
    reduced_motion: matches("(prefers-reduced-motion: reduce)"),
  };
}
