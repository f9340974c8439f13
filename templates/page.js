// The page's driver: mount a kind, record, submit, show the next, finish the visitor's request.
//
// One *round* is one ticket: its control, its renewal timer. `begin()` aborts the round before it, and
// every continuation looks at its own signal first, so a late answer of an old round can never speak
// into a new one. A ticket's work outlives its round: its proof buys the next picture. Nothing is ever a dead end: each state names what to do, and
// the network is tried again for as long as the page is open.

/** @typedef {import("./prove.js").Work} Work */
/** `view` null: a toll, whose proof buys the picture. `drawn`: of a kind that has pictures.
 * @typedef {{ticket: string, kind: string, view: any, drawn: boolean, work: Work | null,
 *   layout?: import("./layout.js").Tree[],
 *   expires_in_s: number, ways: string[], rung: number}} Challenge */
/** @typedef {{outcome: "solved", finish: "reload" | "post", visit?: string, url?: string}} SolvedReply */
/** @typedef {{outcome: "again", reason: string, challenge: Challenge}} AgainReply */
/** @typedef {{outcome: "refused", reason: string, retry_after_s?: number}} RefusedReply */
/** @typedef {SolvedReply | AgainReply | RefusedReply | {outcome?: undefined, challenge: Challenge}} Reply */
/** @typedef {{prefix: string, visit: string, challenge: Challenge | null, target: string,
 *   finish: "reload" | "post", method: string, site: string, reference: string, lang: string,
 *   texts: Record<string, string>, assets: Record<string, string>, loops_key: string,
 *   mode: "page" | "frame", now_s?: number, origins?: string[]}} Data */
/** @typedef {{t: (key: string, vars?: Record<string, unknown>) => string, reducedMotion: boolean,
 *   dir: "ltr" | "rtl", announce: (text: string) => void}} Context */
/** @typedef {{mount: (box: HTMLElement, view: any, done: (value: unknown) => void, ctx: Context)
 *   => {unmount: () => void}, texts?: Record<string, Record<string, string>>, passive?: boolean, clocked?: boolean}} Kind */
/** @typedef {{title: string, lines: string[], steps?: string[], actions?: HTMLElement[]}} Panel */

const SLOW_MS = 8_000; // of work, until another way is offered in words
const PROBES_MS = 500; // that an answer waits for what the browser has yet to say of itself
const BAR_MS = 700; // of waiting for a reply, until a bar shows
const LINK_MS = 3_000; // after success, until a link to press shows
const TIMEOUT_MS = 20_000; // for one reply of the gate
const RENEW_EARLY_S = 5; // before a ticket expires
const CLOCK_OFF_S = 300;
const SAFE = ["GET", "HEAD"];
const AWAY = ["unavailable", "full"]; // the store of the site, for a while

/** @param {string} id @returns {HTMLElement} */
const byId = (id) => /** @type {HTMLElement} */ (document.getElementById(id));

/** @type {Data} */
const data = JSON.parse(byId("gateway-data").textContent ?? "");
const framed = data.mode === "frame";
const dir = document.documentElement.dir === "rtl" ? "rtl" : "ltr";

const dom = {
  main: byId("gateway"),
  title: byId("title"),
  why: byId("why"),
  box: byId("box"),
  bar: /** @type {HTMLProgressElement} */ (byId("bar")),
  status: byId("status"),
  alert: byId("alert"),
  panel: byId("panel"),
  fresh: byId("new"),
  another: byId("another"),
};

/** @type {typeof import("./prove.js")} */
let proving;
/** @type {typeof import("./loops.js")} */
let loops;
/** @type {ReturnType<typeof import("./record.js").start>} */
let hand;

/** @param {string} text @param {Record<string, unknown>} [vars] */
function fill(text, vars) {
  /** @type {Record<string, unknown>} */
  const known = { site: data.site, ...vars };
  return text.replace(/\{(\w+)\}/g, (all, name) => String(known[name] ?? all));
}

/** @param {string} key @param {Record<string, unknown>} [vars] */
const t = (key, vars) => fill(data.texts[key] ?? key, vars);

/** A kind brings its own words; a catalogue may have better ones as `<kind>.<key>`. What many kinds
 * say is in the catalogue alone.
 * @param {string} name @param {Kind} kind @returns {Context} */
function context(name, kind) {
  const own = { ...kind.texts?.en, ...kind.texts?.[data.lang] };
  return {
    t: (key, vars) => fill(data.texts[`${name}.${key}`] ?? own[key] ?? data.texts[key] ?? key, vars),
    reducedMotion: matchMedia("(prefers-reduced-motion: reduce)").matches,
    dir,
    announce: ui.say,
  };
}

/** @param {number} ms @param {AbortSignal} signal @param {string} [wake] an event that ends it early */
function pause(ms, signal, wake) {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      if (wake) removeEventListener(wake, end);
      resolve(undefined);
    };
    const timer = setTimeout(end, ms);
    if (wake) addEventListener(wake, end);
    signal.addEventListener("abort", end);
  });
}

/** @param {string} text @param {() => void} press */
function button(text, press) {
  const element = document.createElement("button");
  element.type = "button";
  element.className = "primary";
  element.textContent = text;
  element.addEventListener("click", press);
  return element;
}

/** @param {string} text @param {string} href @param {string} [target] */
function link(text, href, target) {
  const element = document.createElement("a");
  element.className = "primary";
  element.textContent = text;
  element.href = href;
  if (target) Object.assign(element, { target, rel: "noopener" });
  return element;
}

/** @param {string} tag @param {string} text */
function line(tag, text) {
  const element = document.createElement(tag);
  element.textContent = text;
  return element;
}

const ui = {
  /** @param {string} state */
  state(state) {
    dom.main.dataset.state = state;
    delete dom.main.dataset.panel;
  },
  /** Polite. @param {string} text */
  say(text) {
    dom.alert.textContent = "";
    if (dom.status.textContent !== text) dom.status.textContent = text;
  },
  /** At once. @param {string} text */
  warn(text) {
    dom.status.textContent = "";
    dom.alert.textContent = text;
  },
  /** @param {number | null} share 0..1; null for no end in sight */
  bar(share) {
    dom.bar.hidden = false;
    if (share === null) dom.bar.removeAttribute("value");
    else dom.bar.value = share;
  },
  /** Work comes before the picture. @param {Challenge} challenge */
  toll({ ways }) {
    dom.panel.hidden = true;
    dom.why.hidden = dom.box.hidden = dom.bar.hidden = false;
    dom.box.classList.toggle("is-awaited", !mounted);
    dom.fresh.hidden = !mounted;
    ui.way(ways ?? [], "accessible");
    ui.work();
  },
  /** Nothing can be done but to wait, or to choose another way. */
  work() {
    ui.state("working");
    ui.busy(true);
    dom.another.setAttribute("aria-disabled", "false");
  },
  /** What else there is, as one button. @param {string[]} ways @param {string} [best] */
  way(ways, best) {
    const want = best && ways.includes(best) ? best : ways[0];
    dom.another.hidden = !want;
    dom.another.dataset.want = want;
  },
  /** A control to use, or a check to wait for. @param {Challenge} challenge @param {Kind} kind @param {Context} ctx */
  offer(challenge, kind, ctx) {
    ui.state(kind.passive ? "working" : "action");
    dom.title.textContent = ctx.t("title");
    dom.panel.hidden = true;
    dom.why.hidden = false;
    dom.box.hidden = false;
    dom.box.classList.remove("is-awaited");
    dom.bar.hidden = !kind.passive || Boolean(kind.clocked) || !challenge.work;
    dom.fresh.hidden = Boolean(kind.passive);
    // Who waits for slow work is helped by other work; who cannot use a control, by the accessible way.
    ui.way(challenge.ways ?? [], kind.passive ? "" : "accessible");
    ui.busy(false);
  },
  /** Buttons stay where they are and say that they rest, as does the control. @param {boolean} busy */
  busy(busy) {
    dom.box.setAttribute("aria-busy", String(busy));
    for (const element of [dom.fresh, dom.another]) element.setAttribute("aria-disabled", String(busy));
  },
  /** In place of the control: what happened, why, and what to do. @param {string} state @param {Panel} panel */
  panel(state, { title, lines, steps = [], actions = [] }) {
    const held = dom.main.contains(document.activeElement);
    ui.state(state);
    dom.title.textContent = title;
    for (const element of [dom.box, dom.bar, dom.why, dom.fresh, dom.another]) element.hidden = true;
    const list = document.createElement("ol");
    list.append(...steps.map((step) => line("li", step)));
    dom.panel.textContent = "";
    dom.panel.append(
      ...lines.map((text) => line("p", text)), ...(steps.length ? [list] : []), ...actions,
    );
    dom.panel.hidden = false;
    dom.main.dataset.panel = ""; // the alert is for the ear only: the eye has the panel
    ui.warn([title, ...lines].join(" "));
    if (held) dom.title.focus();
  },
};

// --- Rounds --------------------------------------------------------------------------------

let round = new AbortController();
let ticket = "";
let visit = data.visit;
/** @type {{unmount: () => void} | null} */
let mounted = null;
let passive = false; // the question on show asks nothing of the visitor
let clocked = false; // … and a clock runs: a bar of work beside it, soon full, would look stuck

/** The work of the ticket: goes on while another question is wished for.
 * @type {{proof: Promise<unknown>, proved: unknown, drawn: boolean, stop: AbortController}} */
let labour = { proof: Promise.resolve(null), proved: undefined, drawn: false, stop: new AbortController() };

/** @param {Challenge} challenge */
function work({ work, drawn }) {
  labour.stop.abort();
  const stop = new AbortController();
  const proof = proving.prove(work, data.assets["work.js"], stop.signal, progress, hand.worker);
  /** @type {typeof labour} */
  const mine = { proof, proved: undefined, drawn, stop };
  labour = mine;
  proof.then((proved) => (mine.proved = proved ?? undefined), () => undefined); // judged by who waits for it
}

function begin() {
  round.abort();
  round = new AbortController();
  return round.signal;
}

/** Ask the gate until it answers. @param {"answer" | "challenge"} endpoint @param {object} body
 * @param {AbortSignal} signal @returns {Promise<Reply | null>} null when the round ended meanwhile */
async function ask(endpoint, body, signal) {
  for (let attempt = 0; !signal.aborted; attempt++) {
    const timeout = setTimeout(() => ui.bar(null), BAR_MS);
    const reply = await once(endpoint, body, signal);
    clearTimeout(timeout);
    if (signal.aborted) break;
    if (reply) return reply;
    ui.state("offline");
    ui.say(t(navigator.onLine ? "unavailable" : "offline"));
    await pause(1000 * Math.min(8, 2 ** attempt), signal, "online");
  }
  return null;
}

/** @param {string} endpoint @param {object} body @param {AbortSignal} [signal] */
const post = (endpoint, body, signal) => fetch(data.prefix + endpoint, {
  method: "POST",
  headers: { "Content-Type": "application/json", Accept: "application/json" },
  body: JSON.stringify(body),
  cache: "no-store",
  signal,
});

/** @param {string} endpoint @param {object} body @param {AbortSignal} signal @returns {Promise<Reply | null>} */
async function once(endpoint, body, signal) {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), TIMEOUT_MS);
  const end = () => stop.abort();
  signal.addEventListener("abort", end);
  try {
    const response = await post(endpoint, body, stop.signal);
    const reply = await response.json();
    return reply?.outcome || reply?.challenge ? reply : null;
  } catch {
    return null; // the network, or a page of someone in between: both pass
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", end);
  }
}

/** @param {Challenge} challenge @param {string} message a key of the catalogue, or "" */
async function present(challenge, message = "") {
  const signal = begin();
  ticket = challenge.ticket;
  work(challenge);
  const { proof } = labour;
  const slow = setTimeout(() => ui.say(t("slow")), SLOW_MS);
  proof.finally(() => clearTimeout(slow)).catch(() => undefined);
  signal.addEventListener("abort", () => clearTimeout(slow));
  /** @type {Promise<Kind | null>} */
  const script = import(data.assets[`kinds/${challenge.kind}.js`]).catch(failed);
  if (challenge.view === null) return pay(challenge, script, message, signal);
  const kind = await script;
  if (signal.aborted || !kind) return;

  const ctx = context(challenge.kind, kind);
  const focused = focusable().indexOf(/** @type {HTMLElement} */ (document.activeElement));
  mounted?.unmount();
  /** @type {Promise<unknown>} */
  const answer = new Promise((done) => {
    mounted = kind.mount(dom.box, challenge.view, done, ctx);
  });
  passive = Boolean(kind.passive);
  clocked = Boolean(kind.clocked);
  ui.offer(challenge, kind, ctx);
  // Focus that was in the old control goes to its like in the new one; otherwise it stays put.
  if (focused >= 0) (focusable()[focused] ?? focusable()[0])?.focus();
  if (message === "wrong" || message === "malformed") ui.warn(t(message));
  else ui.say(kind.passive && !message ? t("working") : message && t(message));

  const renew = setTimeout(() => renewed(signal), 1000 * Math.max(1, challenge.expires_in_s - RENEW_EARLY_S));
  signal.addEventListener("abort", () => clearTimeout(renew));
  answer.then(() => {
    if (signal.aborted) return;
    clocked = false; // what is left is the work
    if (!kind.passive) verifying();
  });
  try {
    const [value, proved] = await Promise.all([answer, proof]);
    clearTimeout(renew);
    if (!signal.aborted) await submit({ visit, ticket, answer: value, proof: proved }, challenge.layout, signal);
  } catch {
    if (!signal.aborted) await onceMore("malformed"); // no number solves the work
  }
}

/** Prove the work of a toll, then fetch its picture. What was on show stays, and rests.
 * @param {Challenge} toll @param {Promise<Kind | null>} script @param {string} message @param {AbortSignal} signal */
async function pay(toll, script, message, signal) {
  ui.toll(toll);
  ui.say(t(message || "toll"));
  const proved = await labour.proof.then(() => true, () => false);
  if (!(await script) || signal.aborted) return;
  await (proved ? exchange("picture", message) : onceMore("malformed"));
}

const focusable = () => /** @type {HTMLElement[]} */ ([...dom.box.querySelectorAll("button, [tabindex]")]);

/** @param {number} share */
function progress(share) {
  if (!clocked && ["working", "verifying"].includes(dom.main.dataset.state ?? "")) ui.bar(share);
}

function verifying() {
  ui.state("verifying");
  ui.say(t("verifying"));
}

/** A ticket has run out; nobody is asked anything while the tab is in the background. @param {AbortSignal} signal */
async function renewed(signal) {
  while (document.hidden && !signal.aborted) await pause(60_000, signal, "visibilitychange");
  if (!signal.aborted) await exchange("new", "expired");
}

/** @param {{visit: string, ticket: string, answer: unknown, proof: unknown}} body
 * @param {Challenge["layout"]} boxes @param {AbortSignal} signal */
async function submit(body, boxes, signal) {
  ui.busy(true);
  await Promise.race([hand.ready, pause(PROBES_MS, signal)]);
  const full = { ...body, trace: hand.trace(), before: hand.before(), signals: { ...hand.signals(boxes), cookies: loops.cookiesKept() } };
  const reply = await ask("answer", full, signal);
  if (!reply) return;
  if (reply.outcome === "solved") return finish(reply);
  if (reply.outcome !== "refused") return present(reply.challenge, reply.outcome ? reply.reason : "");
  const pause_s = reply.retry_after_s || 2;
  if (reply.reason === "too_early" || AWAY.includes(reply.reason)) {
    ui.say(t(reply.reason === "too_early" ? "verifying" : reply.reason));
    await pause(1000 * pause_s, signal);
    if (!signal.aborted) await submit(body, boxes, signal);
  } else await refused(reply);
}

/** @param {string} want "picture", "new", or one of the challenge's ways @param {string} message */
async function exchange(want, message) {
  const signal = begin();
  ui.busy(true);
  if (labour.drawn && want === "new" && !labour.proved) {
    ui.work(); // a toll would take longer: its work begins anew
    ui.say(t("toll"));
    await labour.proof.catch(() => undefined);
    if (signal.aborted) return;
  }
  const body = { visit, ticket: ticket || undefined, want, proof: labour.proved };
  const reply = await ask("challenge", body, signal);
  if (!reply || reply.outcome === "solved") return;
  if (reply.outcome === "refused") return refused(reply);
  await present(reply.challenge, message);
}

/** @param {RefusedReply} reply */
async function refused(reply) {
  const signal = begin();
  const wait_s = Math.max(1, Math.ceil(reply.retry_after_s || 5));
  if (["too_many", "too_early", ...AWAY].includes(reply.reason)) {
    await countdown(reply.reason, wait_s, signal);
    if (!signal.aborted) await exchange("new", "");
  } else if (reply.reason === "spent") {
    await onceMore("spent"); // a reply was lost on its way
  } else if (reply.reason === "blocked") {
    blocked();
  } else {
    tooOld();
  }
}

const showReference = () => byId("details").setAttribute("open", "");

/** The button that ends a stop. @param {() => void} act */
function again(act) {
  return button(t("try_again"), () => {
    byId("details").removeAttribute("open");
    act();
  });
}

/** Nothing is believed from here, but a person may be wronged: the way without recognition stays. */
function blocked() {
  const actions = [again(() => exchange("accessible", ""))];
  ui.panel("blocked", { title: t("blocked_title"), lines: [t("blocked"), t("loop_help")], actions });
  showReference();
}

let faults = 0;

/** After something that is not the visitor's doing; a few times only. @param {string} message */
async function onceMore(message) {
  if (faults++ < 3) await exchange("new", message);
  else tooOld();
}

function tooOld() {
  const actions = [button(t("reload"), () => location.reload())];
  ui.panel("old", { title: t("old_title"), lines: [t("old")], actions });
}

/** @param {string} reason @param {number} wait_s @param {AbortSignal} signal */
async function countdown(reason, wait_s, signal) {
  const clock = line("p", "");
  clock.className = "clock";
  clock.setAttribute("role", "timer");
  const crowded = reason === "too_many";
  ui.panel(crowded ? "too_many" : "unavailable", {
    title: t(crowded ? "too_many_title" : "verifying"),
    lines: [crowded ? t("too_many", { n: wait_s }) : t(reason === "full" ? "full" : "unavailable")],
    actions: [clock],
  });
  const end_ms = performance.now() + 1000 * wait_s;
  while (!signal.aborted && performance.now() < end_ms) {
    clock.textContent = t("left", { n: Math.ceil((end_ms - performance.now()) / 1000) });
    await pause(250, signal);
  }
}

// --- Finishing -----------------------------------------------------------------------------

/** @param {SolvedReply} reply */
function finish(reply) {
  begin();
  // Without cookies a pass is not kept; a solved visit of a safe request can be posted instead.
  const cookieless = !!reply.visit && SAFE.includes(data.method) && !loops.cookiesKept();
  const how = reply.finish === "post" || cookieless ? "post" : "reload";
  dom.bar.hidden = true;
  ui.state("success");
  dom.title.textContent = t("success_title");
  ui.say(t("success"));
  if (framed) return tell({ gateway: "solved", finish: reply.finish, visit: reply.visit, url: reply.url });

  loops.passing(data.loops_key, how);
  const form = how === "post" ? finishForm(reply) : null;
  const go = form ? () => form.submit() : () => location.reload();
  const offer = () => {
    dom.panel.textContent = "";
    dom.panel.append(button(t("go_on"), go));
    dom.panel.hidden = false;
  };
  if (passive && byId("details").hasAttribute("open")) {
    ui.say(t("success_reading")); // nobody's page is pulled away while reading
    return offer();
  }
  setTimeout(offer, LINK_MS);
  go();
}

/** One field, to the URL of the original request. Its history entry is made a plain page before, so
 * that Back cannot send the visitor's real body again. @param {SolvedReply} reply */
function finishForm(reply) {
  const url = new URL(reply.url ?? data.target, location.href);
  history.replaceState(null, "", location.href);
  const form = document.createElement("form");
  form.method = "post";
  form.action = url.origin === location.origin ? url.href : data.target;
  const field = document.createElement("input");
  Object.assign(field, { type: "hidden", name: "gateway_visit", value: reply.visit ?? visit });
  form.append(field);
  document.body.append(form);
  return form;
}

const other = () => (parent !== window ? parent : opener);
const known = () => [location.origin, ...(data.origins ?? [])];

/** From that page: how its pointer moved before. @param {MessageEvent} event */
function hear({ source, origin, data: said }) {
  if (said?.gateway === "before" && source === other() && known().includes(origin)) hand.hear(said);
}

/** To the page that opened this frame or window, if the site knows it: any page can open a window,
 * and could have its visitors solve what others are asked. @param {object} message */
function tell(message) {
  const origin = fragment.get("origin") || location.origin;
  if (known().includes(origin)) other()?.postMessage(message, origin);
  if (opener && "url" in message) close(); // a window of its own has done its work
}

const fragment = new URLSearchParams(framed ? location.hash.slice(1) : "");

// --- Reasons not to begin ------------------------------------------------------------------

/** Why passes do not last here, as well as a page can know: the word for the log, the one to read. */
function diagnosis() {
  const off_s = data.now_s ? Math.abs(Date.now() / 1000 - data.now_s) : 0;
  if (top !== window) return ["iframe", t("loop_iframe")];
  if (!loops.cookiesKept()) return ["cookies", t("loop_cookies")];
  if (off_s > CLOCK_OFF_S) return ["clock", t("loop_clock", { n: Math.round(off_s / 60) })];
  return ["other", t("loop_other")];
}

function stopLoop() {
  const [why, reason] = diagnosis();
  const actions = [again(() => {
    loops.forget(data.loops_key);
    start();
  })];
  ui.panel("loop", {
    title: t("loop_title"),
    lines: [t("loop", { n: loops.LIMIT }), reason, t("loop_help")],
    actions,
  });
  showReference();
  post("loop", { why }).catch(() => undefined); // counted by the gate, no more
}

function cookiesNeeded() {
  return data.finish === "reload" && !SAFE.includes(data.method) && !loops.cookiesKept();
}

function refuseCookies() {
  if (top !== window) {
    const open = link(t("iframe_open"), data.target, "_blank");
    return ui.panel("iframe", { title: t("iframe_title"), lines: [t("iframe")], actions: [open] });
  }
  const steps = [t("cookies_1"), t("cookies_2"), t("cookies_3")];
  const reload = button(t("reload"), () => location.reload());
  ui.panel("cookies", { title: t("cookies_title"), lines: [t("cookies")], steps, actions: [reload] });
}

async function start() {
  if (data.challenge) await present(data.challenge);
  else await exchange("new", "");
}

async function main() {
  document.documentElement.dataset.gateway = "started"; // the inline watchdog looks for this
  const record = import(data.assets["record.js"]);
  [proving, loops] = await Promise.all([import(data.assets["prove.js"]), import(data.assets["loops.js"])]);
  hand = (await record).start();

  dom.fresh.addEventListener("click", () => press(dom.fresh, "new"));
  dom.another.addEventListener("click", () => press(dom.another, dom.another.dataset.want ?? "another"));
  // A browser without WebP, or a filter: said, since nothing else would tell who cannot go on.
  dom.box.addEventListener("error", () => ui.warn(t("no_picture")), true);
  addEventListener("pageshow", (event) => event.persisted && location.reload());
  if (framed) {
    visit = fragment.get("visit") ?? "";
    addEventListener("keydown", (event) => event.key === "Escape" && tell({ gateway: "close" }));
    addEventListener("message", hear);
    new ResizeObserver(() => tell({ gateway: "ready", height_px: dom.main.offsetHeight })).observe(dom.main);
    if (!visit) return ui.panel("old", { title: t("frame_title"), lines: [t("frame_lost")] });
  } else if (loops.stopped(data.loops_key)) return stopLoop();
  else if (cookiesNeeded()) return refuseCookies();
  await start();
}

/** @param {HTMLElement} element @param {string} want */
function press(element, want) {
  if (element.getAttribute("aria-disabled") !== "true") exchange(want, want === "new" ? "exchanged" : "other_way");
}

/** A part did not load: the words of the inline watchdog fit. @param {unknown} error @returns {null} */
function failed(error) {
  console.error(error);
  delete document.documentElement.dataset.gateway;
  dispatchEvent(new Event("gateway-failed"));
  return null;
}

main().catch(failed);
