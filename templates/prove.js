// Runs the search of work.js: in workers, or in short slices of the page where workers are blocked
// (a strict CSP, hardened browsers). The first number found ends all of it.

const CHUNK = 25_000; // numbers per message: ~10 ms on a laptop, ~100 ms on an old phone
const MANY = 400_000; // more numbers than this are shared between cores
const SILENCE_MS = 4_000; // a worker that says nothing for so long is taken for blocked
const SLICE_MS = 12; // of main thread at a time

/** @typedef {{algorithm: string, challenge: string, salt: string, maxnumber: number}} Work */

/**
 * @param {Work | null | undefined} work
 * @param {string} url of work.js
 * @param {AbortSignal} signal
 * @param {(share: number) => void} onProgress share of all numbers tried, 0..1
 * @param {(about: any) => void} onAbout what a worker sees of its browser
 * @returns {Promise<{number: number} | null>} null when no work was asked; rejects when no number fits
 */
export async function prove(work, url, signal, onProgress, onAbout) {
  if (!work) return null;
  const total = work.maxnumber + 1; // maxnumber itself may be the answer
  let tried = 0;
  const report = (/** @type {number} */ more) => onProgress((tried += more) / total);
  let number;
  try {
    number = await inWorkers(work, url, total, signal, report, onAbout);
  } catch (error) {
    if (signal.aborted) throw error;
    tried = 0;
    number = await inPage(work, url, total, signal, report);
  }
  if (number < 0) throw new Error("no number solves this work");
  return { number };
}

/**
 * @param {Work} work @param {string} url @param {number} total
 * @param {AbortSignal} signal @param {(tried: number) => void} report @param {(about: any) => void} onAbout
 * @returns {Promise<number>}
 */
function inWorkers(work, url, total, signal, report, onAbout) {
  /** @type {Worker[]} */
  const workers = [];
  let silence = 0;
  /** @type {Promise<number>} */
  const found = new Promise((resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason));
    silence = setTimeout(() => reject(new Error("workers are silent")), SILENCE_MS);
    let from = 0;
    const count = total > MANY ? Math.min(4, Math.max(1, (navigator.hardwareConcurrency || 2) - 1)) : 1;
    let busy = count;
    for (let i = 0; i < count; i++) {
      const worker = new Worker(url, { type: "module" });
      workers.push(worker);
      const next = () => {
        if (from >= total) return void (--busy === 0 && resolve(-1));
        const to = Math.min(total, from + CHUNK);
        worker.postMessage({ salt: work.salt, challenge: work.challenge, from, to });
        from = to;
      };
      worker.addEventListener("error", () => reject(new Error("workers are blocked")));
      worker.addEventListener("message", ({ data }) => {
        clearTimeout(silence);
        if (data.about) return onAbout(data.about);
        report(data.tried);
        if (data.found >= 0) resolve(data.found);
        else next();
      });
      if (i === 0) worker.postMessage("about");
      next();
    }
  });
  return found.finally(() => {
    clearTimeout(silence);
    for (const worker of workers) worker.terminate();
  });
}

/**
 * @param {Work} work @param {string} url @param {number} total
 * @param {AbortSignal} signal @param {(tried: number) => void} report
 */
async function inPage(work, url, total, signal, report) {
  /** @type {typeof import("./work.js")} */
  const { search } = await import(url);
  let step = 500;
  for (let from = 0; from < total; ) {
    if (signal.aborted) throw signal.reason;
    const to = Math.min(total, from + step);
    const began_ms = performance.now();
    const number = search({ salt: work.salt, challenge: work.challenge, from, to });
    if (number >= 0) return number;
    report(to - from);
    from = to;
    step = Math.max(100, Math.round((step * SLICE_MS) / Math.max(1, performance.now() - began_ms)));
    await new Promise((resolve) => setTimeout(resolve));
  }
  return -1;
}
