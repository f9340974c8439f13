// For pages whose forms go to a route with `flow: probe`: <script src="/_gateway/gateway.js" data-probe>
// loads this. What the page noticed goes to the gate, which puts its verdict into a cookie that no
// script can read; the request that follows carries it. Nothing is ever asked, nothing is shown.
import { start } from "./record.js";

const AGAIN_MS = 1_500; // between two reports, while the hand goes on
const MOST = 40; // reports of one page
const STALE_MS = 300_000; // a verdict lasts twice as long

/** @param {string} endpoint where the reports go */
export function watch(endpoint) {
  const hand = start(false);
  let told = 0;
  let heard = -1; // the newest point of what was told, in ms
  let at_ms = 0;

  async function tell() {
    const trace = hand.trace();
    heard = trace.length ? trace[trace.length - 1][0] : 0;
    at_ms = performance.now();
    told++;
    const body = JSON.stringify({ trace, signals: hand.signals() });
    await fetch(endpoint, {
      method: "POST", headers: { "Content-Type": "application/json" }, body, keepalive: true,
    }).catch(() => undefined); // the network, for a while: the next one tells all
  }

  /** Is there anything new, or is what was told soon too old? */
  function due() {
    const trace = hand.trace();
    const newest = trace.length ? trace[trace.length - 1][0] : 0;
    return newest > heard || performance.now() - at_ms > STALE_MS;
  }

  // At once: a form that is sent before the first verdict is here brings none.
  hand.ready.then(tell).then(() => {
    const timer = setInterval(() => {
      if (told >= MOST) clearInterval(timer);
      else if (!document.hidden && due()) tell();
    }, AGAIN_MS);
  });
  // What is on its way when a form is sent may come too late for it; the verdict before it counts then.
  addEventListener("submit", () => void (told && told < MOST && due() && tell()), { capture: true });
}
