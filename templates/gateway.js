// For apps whose scripts call protected routes: <script src="/_gateway/gateway.js"></script>, before
// the app's own scripts. A call of `fetch` or XMLHttpRequest that the gate answers with a challenge
// (403, `X-Gateway-Challenge`) opens the check over the page and, once passed, goes on by itself: the
// request that the gate held is finished, or the call is repeated, once. To the app it is one call
// that took a little longer. Closed or failed, the app gets the original 403.
//
// Limits. A body is cloned before sending, so a stream is buffered as far as it was read. Aborting
// closes the check. A synchronous XMLHttpRequest is left alone, and one that waits already shows
// readyState 4 to those who poll it. Another origin's gate is served when it lists this one under
// `cors.origins` and the call is made with credentials: without, its pass would not travel along.
(() => {
  const HEADER = "X-Gateway-Challenge";
  const READY_MS = 5_000; // until a frame that does not report counts as forbidden
  if (Reflect.has(window, "gateway")) return;

  /** @typedef {{visit: string, frame: URL}} Asked */
  /** @typedef {{finish: "post" | "reload" | "skip", visit: string, url: string}} Done */

  /** @type {Record<string, string[]>} */
  const WORDS = {
    en: ["A quick check", "Close", "This page does not allow the check inside it.", "Open it in a window"],
    zh: ["快速检查", "关闭", "此页面不允许在其中显示检查。", "在新窗口中打开"],
  };
  const lang = (document.documentElement.lang || navigator.language).slice(0, 2);
  const [TITLE, CLOSE, BLOCKED, OPEN] = WORDS[lang] ?? WORDS.en;

  // --- The hand before the check -----------------------------------------------------------

  const POINTS = 200; // newest kept, in memory alone, until a check asks
  /** As record.js writes them. @type {unknown[][]} */
  let path = [];
  const KINDS = { pointermove: "m", pointerdown: "d", pointerup: "u" };
  const POINTERS = { mouse: "m", touch: "t", pen: "p" };
  const round = (/** @type {number} */ share) => Math.round(share * 1e4) / 1e4;
  /** @param {PointerEvent} event */
  const follow = (event) => {
    const { type, pointerType, clientX, clientY } = event;
    const raw = event.getCoalescedEvents?.().length || 1;
    const point = [Math.round(performance.now()), round(clientX / innerWidth), round(clientY / innerHeight)];
    const by = Reflect.get(POINTERS, pointerType);
    path.push([...point, Reflect.get(KINDS, type), ...(by ? [by] : []), ...(by && raw > 1 ? [raw] : [])]);
    if (path.length > POINTS) path = path.slice(-POINTS);
  };
  for (const type of /** @type {(keyof typeof KINDS)[]} */ (Object.keys(KINDS))) {
    addEventListener(type, follow, { capture: true, passive: true });
  }

  // --- The check over the page -------------------------------------------------------------

  /** @template {keyof HTMLElementTagNameMap} K @param {K} tag @param {object} properties
   * @param {Partial<CSSStyleDeclaration>} style */
  function make(tag, properties, style) {
    const element = Object.assign(document.createElement(tag), properties);
    Object.assign(element.style, style); // by script, which a strict style-src allows
    return element;
  }

  /** @param {Asked} asked @param {AbortSignal} signal @returns {Promise<Done | null>} null: not passed */
  function overlay({ visit, frame }, signal) {
    return new Promise((resolve) => {
      const url = `${frame}#${new URLSearchParams({ visit, origin: location.origin })}`;
      /** @type {(WindowProxy | null)[]} */
      const speakers = [];
      const dialog = make("dialog", { ariaLabel: TITLE }, {
        inlineSize: "min(100vw, 27rem)", maxInlineSize: "none", maxBlockSize: "100dvh", padding: "0",
        border: "0", borderRadius: "1rem", colorScheme: "light dark",
      });
      const close = make("button", { type: "button", textContent: "×", ariaLabel: CLOSE, }, {
        position: "absolute", insetBlockStart: ".5rem", insetInlineEnd: ".5rem", inlineSize: "2.75rem",
        blockSize: "2.75rem", font: "1.5rem/1 system-ui", border: "0", background: "none",
      });
      const inside = make("iframe", { title: TITLE, src: url }, { display: "block", inlineSize: "100%", blockSize: "24rem", border: "0" });

      /** @param {Done | null} done */
      const end = (done) => {
        clearTimeout(timer);
        removeEventListener("message", hear);
        document.removeEventListener("securitypolicyviolation", forbidden);
        dialog.close(); // gives the focus back to where it was
        dialog.remove();
        resolve(done);
      };
      const inWindow = () => {
        clearTimeout(timer);
        const open = make("button", { type: "button", textContent: OPEN }, { margin: "1rem", padding: ".6rem 1rem", font: "inherit" });
        open.onclick = () => speakers.push(window.open(url, "_blank", "popup,width=460,height=640"));
        inside.replaceWith(make("p", { textContent: BLOCKED }, { margin: "3.5rem 1rem 0" }), open);
        open.focus();
      };
      const forbidden = (/** @type {SecurityPolicyViolationEvent} */ event) => {
        if (inside.isConnected && event.blockedURI.startsWith(frame.origin)) inWindow();
      };
      const hear = (/** @type {MessageEvent} */ event) => {
        if (event.origin !== frame.origin || !event.source) return;
        if (event.source !== inside.contentWindow && !speakers.includes(/** @type {any} */ (event.source))) return;
        const { gateway, height_px } = event.data ?? {};
        if (gateway === "ready") {
          clearTimeout(timer);
          inside.style.blockSize = `${Number(height_px)}px`;
          const before = { gateway: "before", trace: path, inner: [innerWidth, innerHeight] };
          /** @type {Window} */ (event.source).postMessage(before, frame.origin);
        }
        if (gateway === "close") end(null);
        if (gateway === "solved") end(event.data);
      };
      const timer = setTimeout(inWindow, READY_MS);
      addEventListener("message", hear);
      document.addEventListener("securitypolicyviolation", forbidden);
      signal.addEventListener("abort", () => end(null));
      close.onclick = () => end(null);
      dialog.oncancel = () => end(null);
      dialog.append(inside, close);
      (document.body ?? document.documentElement).append(dialog);
      dialog.showModal(); // the page behind is inert, Esc closes
    });
  }

  /** @type {Promise<unknown>} */
  let turn = Promise.resolve();
  let passes = 0;

  /** One check at a time. Who waited while a pass was earned tries with that first.
   * @param {Asked} asked @param {AbortSignal} signal @param {boolean} first @returns {Promise<Done | null>} */
  function solve(asked, signal, first) {
    const before = passes;
    const mine = turn.then(async () => {
      if (signal.aborted) return null;
      if (first && passes > before) return /** @type {Done} */ ({ finish: "skip", visit: "", url: "" });
      const done = await overlay(asked, signal);
      if (done?.finish === "reload") passes++;
      return done;
    });
    turn = mine.catch(() => null);
    return mine;
  }

  /** @param {any} problem the reply's JSON @param {string} url it came from @returns {Asked | null} */
  function read(problem, url) {
    if (typeof problem?.visit !== "string" || typeof problem.challenge_url !== "string") return null;
    const frame = new URL(problem.challenge_url, url);
    return frame.origin === new URL(url).origin ? { visit: problem.visit, frame } : null;
  }

  /** @param {Done} done @param {string} url of the original call */
  const finishUrl = (done, url) => {
    const to = new URL(done.url, url);
    return to.origin === new URL(url).origin ? to.href : url;
  };

  // --- fetch -------------------------------------------------------------------------------

  const send = window.fetch.bind(window);

  window.fetch = async function fetch(input, init) {
    const request = new Request(input, init);
    const again = request.clone();
    let response = await send(request);
    for (const first of [true, false]) {
      if (response.status !== 403 || !response.headers.has(HEADER)) break;
      const asked = read(await response.clone().json().catch(() => null), response.url);
      const done = asked && (await solve(asked, again.signal, first));
      again.signal.throwIfAborted();
      if (!done) break;
      const { credentials, mode, signal } = again;
      response = await (done.finish === "post"
        ? send(finishUrl(done, response.url), {
            method: "POST", body: new URLSearchParams({ gateway_visit: done.visit }), credentials, mode, signal,
          })
        : send(again.clone()));
      if (done.finish !== "skip") break;
    }
    return response;
  };

  // --- XMLHttpRequest ----------------------------------------------------------------------

  const Native = window.XMLHttpRequest;

  class GatewayRequest extends Native {
    /** @type {[string, string | URL, true, (string | null)?, (string | null)?] | null} */
    #call = null; // null: synchronous, left alone
    /** @type {[string, string][]} */
    #headers = [];
    /** @type {Document | XMLHttpRequestBodyInit | null | undefined} */
    #body;
    #tries = 0;
    #quiet = false; // while we open it again
    /** @type {AbortController | null} */
    #open = null; // while a check is open

    constructor() {
      super();
      // First of all listeners, so that the app hears nothing of a reply that is not its own.
      for (const type of ["readystatechange", "progress", "load", "loadend"]) {
        super.addEventListener(type, (event) => this.#hear(event));
      }
    }

    /** @param {string} method @param {string | URL} url @param {boolean} [async]
     * @param {string | null} [user] @param {string | null} [password] */
    open(method, url, async = true, user, password) {
      this.#open?.abort();
      this.#call = async ? [method, url, true, user, password] : null;
      this.#headers = [];
      this.#tries = 0;
      super.open(method, url, async, user, password);
    }

    /** @param {string} name @param {string} value */
    setRequestHeader(name, value) {
      super.setRequestHeader(name, value);
      this.#headers.push([name, value]);
    }

    /** @param {Document | XMLHttpRequestBodyInit | null} [body] */
    send(body) {
      this.#body = body;
      super.send(body);
    }

    abort() {
      const open = this.#open;
      open?.abort();
      super.abort();
      if (open) for (const type of ["abort", "loadend"]) this.dispatchEvent(new ProgressEvent(type));
    }

    /** @param {Event} event */
    #hear(event) {
      const ours = this.#call && this.#tries < 2 && this.readyState > 1 && this.status === 403
        && this.getResponseHeader(HEADER);
      if (!ours && !this.#quiet) return;
      event.stopImmediatePropagation();
      if (event.type === "loadend" && !this.#quiet) this.#challenged();
    }

    async #challenged() {
      const first = this.#tries++ === 0;
      const open = (this.#open = new AbortController());
      const problem = await this.#problem().catch(() => null);
      const asked = read(problem, this.responseURL);
      const done = asked && (await solve(asked, open.signal, first));
      if (open.signal.aborted) return;
      this.#open = null;
      if (done) return this.#repeat(done);
      this.#tries = 2; // now the original reply is the app's
      this.dispatchEvent(new Event("readystatechange"));
      for (const type of ["load", "loadend"]) this.dispatchEvent(new ProgressEvent(type));
    }

    async #problem() {
      if (this.responseType === "json") return this.response;
      return JSON.parse(await new Response(this.response).text());
    }

    /** @param {Done} done */
    #repeat(done) {
      if (!this.#call) return;
      const post = done.finish === "post";
      if (done.finish !== "skip") this.#tries = 2;
      this.#quiet = true;
      if (post) super.open("POST", finishUrl(done, this.responseURL), true);
      else super.open(...this.#call);
      this.#quiet = false;
      if (post) return super.send(new URLSearchParams({ gateway_visit: done.visit }));
      for (const [name, value] of this.#headers) super.setRequestHeader(name, value);
      super.send(this.#body);
    }
  }
  window.XMLHttpRequest = GatewayRequest;

  // `data-probe`: this page's forms go to a route that only probes.
  const script = document.currentScript;
  if (script instanceof HTMLScriptElement && script.dataset.probe !== undefined) {
    const ours = (/** @type {string} */ name) => new URL(name, script.src).href;
    import(ours("verdict.js")).then(({ watch }) => watch(ours("probe"))).catch(() => undefined);
  }
  Reflect.set(window, "gateway", Object.freeze({}));
})();
