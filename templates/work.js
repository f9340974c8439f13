// Proof of work: find the number n in 0..maxnumber with SHA-256(salt + n) == challenge (ALTCHA v1).
//
// WebCrypto answers asynchronously, one hash per turn of the event loop, which is an order of
// magnitude slower than this loop for inputs of one block. So SHA-256 is written out here, works
// without a secure context too, and the digits of n are counted up inside the padded block.
//
// The file is a module worker and a module at once: where workers are blocked the page imports it
// and calls `search` in short slices.

/** @typedef {{salt: string, challenge: string, from: number, to: number}} Range */

const K = constants();
const INITIAL = Int32Array.of(
  0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
);
const W = new Int32Array(64);

/** The round constants: fractional parts of the cube roots of the first 64 primes (FIPS 180-4). */
function constants() {
  const k = new Int32Array(64);
  for (let n = 2, found = 0; found < 64; n++) {
    let prime = true;
    for (let i = 2; i * i <= n; i++) if (n % i === 0) prime = false;
    if (prime) k[found++] = (Math.cbrt(n) % 1) * 2 ** 32;
  }
  return k;
}

/** One block: `state` is replaced. @param {Int32Array} state @param {Int32Array} block 16 words */
function compress(state, block) {
  const w = W;
  for (let i = 0; i < 16; i++) w[i] = block[i];
  for (let i = 16; i < 64; i++) {
    const x = w[i - 15];
    const y = w[i - 2];
    const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
    const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
    w[i] = (w[i - 16] + s0 + w[i - 7] + s1) | 0;
  }
  let a = state[0], b = state[1], c = state[2], d = state[3];
  let e = state[4], f = state[5], g = state[6], h = state[7];
  for (let i = 0; i < 64; i++) {
    const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + K[i] + w[i]) | 0;
    const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g; g = f; f = e; e = (d + t1) | 0;
    d = c; c = b; b = a; a = (t1 + t2) | 0;
  }
  state[0] += a; state[1] += b; state[2] += c; state[3] += d;
  state[4] += e; state[5] += f; state[6] += g; state[7] += h;
}

/** @param {Uint8Array} bytes a multiple of 64 long @returns {Int32Array} big-endian words */
function words(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Int32Array.from({ length: bytes.byteLength / 4 }, (_, i) => view.getInt32(i * 4));
}

/** The message as padded words (FIPS 180-4, 5.1.1). @param {Uint8Array} message */
function padded(message) {
  const bytes = new Uint8Array(Math.ceil((message.length + 9) / 64) * 64);
  bytes.set(message);
  bytes[message.length] = 0x80;
  const view = new DataView(bytes.buffer);
  view.setUint32(bytes.length - 8, Math.floor(message.length / 2 ** 29));
  view.setUint32(bytes.length - 4, message.length << 3);
  return words(bytes);
}

/** Count the decimal digits at bytes `first..last` of the block up by one. False when all were 9.
 * @param {Int32Array} block @param {number} first @param {number} last */
function increment(block, first, last) {
  for (let at = last; at >= first; at--) {
    const shift = 24 - ((at & 3) << 3);
    if (((block[at >> 2] >>> shift) & 255) < 57) {
      block[at >> 2] += 1 << shift;
      return true;
    }
    block[at >> 2] -= 9 << shift;
  }
  return false;
}

/**
 * The number in from..to (excluded) that solves the challenge, or -1.
 * @param {Range} range
 * @returns {number}
 */
export function search({ salt, challenge, from, to }) {
  if (!/^[0-9a-f]{64}$/.test(challenge)) return -1;
  const wanted = words(Uint8Array.from(challenge.match(/../g) ?? [], (hex) => parseInt(hex, 16)));
  const prefix = new TextEncoder().encode(salt);
  const whole = prefix.length - (prefix.length % 64); // blocks of the salt without a digit
  const start = INITIAL.slice();
  const head = words(prefix.subarray(0, whole));
  for (let i = 0; i < head.length; i += 16) compress(start, head.subarray(i, i + 16));

  const state = new Int32Array(8);
  for (let n = from; n < to; ) {
    const digits = new TextEncoder().encode(String(n));
    const message = new Uint8Array(prefix.length + digits.length);
    message.set(prefix);
    message.set(digits, prefix.length);
    const blocks = padded(message).subarray(whole / 4);
    const parts = Array.from({ length: blocks.length / 16 }, (_, i) => blocks.subarray(i * 16, i * 16 + 16));
    const first = prefix.length - whole;
    const last = first + digits.length - 1;
    do {
      state.set(start);
      for (let i = 0; i < parts.length; i++) compress(state, parts[i]);
      if (state[0] === wanted[0] && state.every((word, i) => word === wanted[i])) return n;
      n++;
    } while (n < to && increment(blocks, first, last));
  }
  return -1;
}

/** What can be seen of the browser from here, window or worker: `probe.js` compares the two. */
export function about() {
  const { userAgent, platform, hardwareConcurrency, languages } = navigator;
  let renderer = "";
  try {
    const gl = new OffscreenCanvas(1, 1).getContext("webgl");
    const named = gl?.getExtension("WEBGL_debug_renderer_info");
    renderer = gl?.getParameter(named ? named.UNMASKED_RENDERER_WEBGL : gl.RENDERER) ?? "";
  } catch {} // a browser without
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  return { agent: userAgent, platform, cores: hardwareConcurrency, languages: String(languages), zone, renderer };
}

const worker = typeof document === "undefined" && typeof postMessage === "function";
if (worker) {
  addEventListener("message", (event) => {
    if (event.data === "about") return postMessage({ about: about() });
    const range = /** @type {Range} */ (event.data);
    postMessage({ found: search(range), tried: range.to - range.from });
  });
}
