// What the hand did and what the browser is, sent with an answer and judged by the gate alone.
// Nothing here identifies a visitor: no canvas, no fonts, no audio, no storage.

const POINTS = 500; // newest kept; the gate refuses longer traces

/** [milliseconds since the page began, x and y as fractions of the viewport, kind]
 * @typedef {[number, number, number, "m" | "d" | "u" | "k"]} Point */

/** @param {number} value */
const round = (value) => Math.round(value * 1e4) / 1e4;

/** Watch the page until the end of its life. */
export function start() {
  /** @type {Point[]} */
  let trace = [];
  const seen = {
    pressed: 0, // pointerdown
    flat: 0, // … by mouse or pen with pressure 0: scripted input
    moved: 0,
    fractional: 0, // moves between device pixels
    coalesced: 1, // most raw points in one event
    untrusted: 0,
    keys: 0,
  };

  /** @param {number} x_frac @param {number} y_frac @param {Point[3]} kind */
  function add(x_frac, y_frac, kind) {
    trace.push([Math.round(performance.now()), round(x_frac), round(y_frac), kind]);
    if (trace.length > POINTS) trace = trace.slice(-POINTS);
  }

  /** @param {PointerEvent} event @param {Point[3]} kind */
  function pointer(event, kind) {
    add(event.clientX / innerWidth, event.clientY / innerHeight, kind);
    if (!event.isTrusted) seen.untrusted++;
  }

  const listen = { capture: true, passive: true };
  addEventListener("pointermove", (event) => {
    pointer(event, "m");
    seen.moved++;
    const x_device = event.clientX * devicePixelRatio;
    if (Math.abs(x_device - Math.round(x_device)) > 0.01) seen.fractional++;
    const raw = event.getCoalescedEvents?.().length ?? 1;
    if (raw > seen.coalesced) seen.coalesced = raw;
  }, listen);
  addEventListener("pointerdown", (event) => {
    pointer(event, "d");
    seen.pressed++;
    if (event.pressure === 0 && event.pointerType !== "touch") seen.flat++;
  }, listen);
  addEventListener("pointerup", (event) => pointer(event, "u"), listen);
  addEventListener("keydown", (event) => {
    add(0, 0, "k"); // that a key was pressed, never which
    seen.keys++;
    if (!event.isTrusted) seen.untrusted++;
  }, listen);

  return {
    trace: () => trace,
    signals: () => ({ ...environment(), ...seen }),
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
    automation: Object.keys(window).some((key) => /^cdc_|^__playwright|^__puppeteer/.test(key)),
    reduced_motion: matches("(prefers-reduced-motion: reduce)"),
  };
}
