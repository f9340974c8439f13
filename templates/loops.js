// Passes that do not stick. A visitor who solves and meets the challenge again must not do so for
// ever: after three such passes the page stops, says the likeliest reason, and what helps.

export const LIMIT = 3;
// After a reload the pass should have been there: the same question within this time is a loop.
const RELOAD_WINDOW_MS = 30_000;
// After a form post only the page that *answers* it counts, known by the start of its navigation;
// a second vote or message by the same visitor begins later, on the app's own page.
const POST_WINDOW_MS = 5_000;
const MARK = "gateway:"; // in window.name, where storage is refused

/** @typedef {{count: number, at_ms: number, finish: "reload" | "post"}} Passed */

/** @param {string} key @returns {Passed | null} */
function read(key) {
  let text = null;
  try {
    text = sessionStorage.getItem(key);
  } catch {
    if (window.name.startsWith(MARK + key + "=")) text = window.name.slice(MARK.length + key.length + 1);
  }
  try {
    return text === null ? null : JSON.parse(text);
  } catch {
    return null;
  }
}

/** @param {string} key @param {Passed | null} passed */
function write(key, passed) {
  const text = JSON.stringify(passed);
  try {
    if (passed) sessionStorage.setItem(key, text);
    else sessionStorage.removeItem(key);
  } catch {
    if (passed) window.name = MARK + key + "=" + text;
    else if (window.name.startsWith(MARK)) window.name = "";
  }
}

/** How many passes in a row did not stick, this page load included.
 * @param {string} key @param {number} now_ms when this page's navigation began */
export function lost(key, now_ms) {
  const passed = read(key);
  if (!passed || !(passed.count >= 0)) return 0;
  const window_ms = passed.finish === "post" ? POST_WINDOW_MS : RELOAD_WINDOW_MS;
  if (Math.abs(now_ms - passed.at_ms) <= window_ms) return passed.count;
  write(key, null);
  return 0;
}

/** @param {string} key */
export const stopped = (key, now_ms = Date.now() - performance.now()) => lost(key, now_ms) >= LIMIT;

/** A pass was earned and the page is about to use it. @param {string} key @param {"reload" | "post"} finish */
export function passing(key, finish) {
  const count = lost(key, Date.now() - performance.now()) + 1;
  write(key, { count, at_ms: Date.now(), finish });
}

/** The visitor asked for another try. @param {string} key */
export const forget = (key) => write(key, null);

/** Does this browser keep a cookie for this page? Tried with one of a moment's life. */
export function cookiesKept() {
  try {
    const secure = location.protocol === "https:" ? "; Secure" : "";
    document.cookie = "gateway_probe=1; Path=/; SameSite=Lax; Max-Age=5" + secure;
    const kept = document.cookie.includes("gateway_probe=1");
    document.cookie = "gateway_probe=; Path=/; SameSite=Lax; Max-Age=0" + secure;
    return kept;
  } catch {
    return false; // a sandboxed frame
  }
}
