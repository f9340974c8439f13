// Whether the parts of this browser agree with one another. Tools that hide automation patch the
// window and forget the worker, the iframe, the prototype behind a function. Looked at here, told as
// words from short lists: whatever could tell two visitors apart stays in the page.
import { about } from "./work.js";

/** @typedef {ReturnType<typeof about>} About */

const CHIPS = /swiftshader|llvmpipe|basic render|nvidia|amd|radeon|intel|apple|adreno|mali|powervr/i;
const SOFTWARE = /swiftshader|llvmpipe|basic render/i;
// Exactly theirs: wallets and password managers leave names as well, `phantom` among them.
const LEFT = /^\$?cdc_|^__(playwright|puppeteer|pwInit|selenium|webdriver|driver_|fxdriver|nightmare)|^_(selenium|phantom)$|^\$chrome_async/;
const CALLERS = /pptr:|__puppeteer|UtilityScript|(executeScript|callFunction) \(<anonymous>/;
const TOLD = ["webdriver", "platform", "userAgent", "language", "languages", "hardwareConcurrency", "plugins", "vendor"];
const MOST_CALLS = 300; // looked at

/** @typedef {{[name: string]: unknown}} Found what is absent is unknown */

/** Look around. `found` fills while the browser answers; `worker` takes what the worker sees.
 * @param {boolean} ours whether the page is the gate's: an app's own scripts may patch and listen there,
 *   and none of its functions is touched
 * @returns {{found: Found, ready: Promise<unknown>, worker: (about: About) => void}} */
export function look(ours) {
  /** @type {Found} */
  const found = { agent: navigator.userAgent, platform: navigator.platform, language: navigator.language };
  if (ours) watchCalls(found);
  /** @param {() => unknown} see */
  const later = async (see) => void (await null, see());
  /** @type {About} */
  let mine;
  const here = () => (mine ??= about());
  const ready = Promise.allSettled([
    later(() => (found.automation = leftovers())),
    later(() => (found.tampered = tampered(ours))),
    later(() => ours && (found.console = logged())),
    hints(found),
    notifications(found),
    later(() => {
      found.utc = here().zone === "UTC";
      found.drawn = chip(here().renderer) && (SOFTWARE.test(here().renderer) ? "software" : "hardware");
    }),
  ]);
  return { found, ready, worker: (other) => void (found.differs = differing(here(), other)) };
}

/** @param {string} renderer of which only the maker is compared: Brave makes the rest up */
const chip = (renderer) => CHIPS.exec(renderer)?.[0].toLowerCase() ?? "";

/** @param {About} mine @param {About} other @returns {string[]} names of what a worker sees otherwise */
function differing(mine, other) {
  const [a, b] = [mine, other].map((one) => ({ ...one, renderer: chip(one.renderer) }));
  const names = /** @type {(keyof About)[]} */ (Object.keys(a));
  return names.filter((name) => a[name] && b[name] && a[name] !== b[name]);
}

/** Names that drivers leave behind. */
function leftovers() {
  const names = [...Object.getOwnPropertyNames(window), ...Object.getOwnPropertyNames(document)];
  const root = document.documentElement;
  return names.some((name) => LEFT.test(name)) || ["webdriver", "selenium", "driver"].some((name) => root.hasAttribute(name));
}

/** What was patched of the page's own objects. @param {boolean} ours */
function tampered(ours) {
  const frame = document.createElement("iframe");
  frame.srcdoc = " "; // never attached: nothing loads
  const own = (/** @type {object} */ thing) => Object.getOwnPropertyNames(thing).length > 0;
  const retold = TOLD.some((name) => Object.prototype.hasOwnProperty.call(navigator, name)); // add-ons have names of theirs there
  const lacks = "userAgentData" in navigator && !("webdriver" in navigator);
  return [
    own(frame) && "iframe",
    (retold || own(screen) || lacks) && "navigator",
    natives(ours).some((native) => native && (proxied(native) || !plain(native))) && "native",
  ].filter(Boolean);
}

/** Functions that tools replace; of those, on an app's page, that apps leave alone. @param {boolean} ours */
function natives(ours) {
  return [
    ours && document.createElement,
    ours && Function.prototype.toString,
    navigator.permissions?.query,
    self.WebGLRenderingContext?.prototype.getParameter,
    HTMLMediaElement.prototype.canPlayType,
    ...TOLD.map((name) => Object.getOwnPropertyDescriptor(Navigator.prototype, name)?.get),
  ];
}

/** @param {Function} native */
const plain = (native) => /\[native code]\s*}$/.test(Function.prototype.toString.call(native));

/** A function can't come before itself in its own line of prototypes. Nobody asks a Proxy.
 * @param {Function} native */
function proxied(native) {
  const before = Object.getPrototypeOf(native);
  try {
    Object.setPrototypeOf(native, Object.create(native));
  } catch {
    return false;
  }
  Object.setPrototypeOf(native, before);
  return true;
}

/** Does somebody read what is logged, as drivers do and open tools? */
function logged() {
  let read = false;
  const before = Reflect.get(Error, "prepareStackTrace");
  Reflect.set(Error, "prepareStackTrace", () => ((read = true), ""));
  console.debug(new Error());
  Reflect.set(Error, "prepareStackTrace", before);
  return read;
}

/** Brands and majors as scripts see them; the gate compares them with its headers. @param {Found} found */
async function hints(found) {
  const data = Reflect.get(navigator, "userAgentData");
  if (!data) return;
  /** @param {{brand: string, version: string}[]} list */
  const majors = (list) => list.map(({ brand, version }) => [brand, version.split(".")[0]]);
  found.system = data.platform;
  found.brands = majors(data.brands);
  const { fullVersionList } = await data.getHighEntropyValues(["fullVersionList"]);
  found.full = majors(fullVersionList);
}

/** One question, asked two ways. @param {Found} found */
async function notifications(found) {
  if (!isSecureContext || top !== window || !self.Notification) return;
  const { state } = await navigator.permissions.query({ name: "notifications" });
  found.notifications = `${Notification.permission}/${state}`;
}

/** Who calls what bots call: drivers name themselves in the stack. @param {Found} found */
function watchCalls(found) {
  let calls = 0;
  /** @param {any} owner @param {string} name */
  const watch = (owner, name) => {
    const native = owner[name];
    owner[name] = /** @this {unknown} @param {unknown[]} args */ function (...args) {
      if (calls++ < MOST_CALLS && CALLERS.test(new Error().stack ?? "")) found.called = true;
      return native.apply(this, args);
    };
  };
  for (const name of ["querySelector", "querySelectorAll", "getElementById"]) watch(Document.prototype, name);
  for (const name of ["getBoundingClientRect", "querySelector"]) watch(Element.prototype, name);
}
