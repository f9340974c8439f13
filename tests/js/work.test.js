import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createHash } from "node:crypto";
import { test } from "node:test";

// As text, since Node before 20.19 takes a plain `.js` outside a module package for CommonJS.
const source = readFileSync(new URL("../../templates/work.js", import.meta.url), "utf8");
/** @type {typeof import("../../templates/work.js")} */
const { search } = await import("data:text/javascript," + encodeURIComponent(source));

const sha256 = (/** @type {string} */ text) => createHash("sha256").update(text).digest("hex");

// Every way the digits can lie in the blocks: in the first, across two, in the padding block.
for (const length of [0, 1, 12, 30, 50, 53, 54, 55, 56, 60, 62, 63, 64, 65, 118, 120, 127, 128, 200]) {
  test(`a salt of ${length} bytes`, () => {
    const salt = "s".repeat(length);
    for (const n of [0, 9, 10, 99, 100, 1234, 9999, 10000]) {
      const range = { salt, challenge: sha256(salt + n), from: Math.max(0, n - 105), to: n + 1 };
      assert.equal(search(range), n);
    }
  });
}

test("salts outside ASCII are UTF-8", () => {
  assert.equal(search({ salt: "ключ✓", challenge: sha256("ключ✓77"), from: 0, to: 100 }), 77);
});

for (const [name, from, to, expected] of /** @type {[string, number, number, number][]} */ ([
  ["the last number is excluded", 0, 500, -1],
  ["the last number but one is looked at", 0, 501, 500],
  ["the first number is included", 500, 501, 500],
  ["a range after it", 501, 700, -1],
  ["an empty range", 500, 500, -1],
])) {
  test(name, () => assert.equal(search({ salt: "x", challenge: sha256("x500"), from, to }), expected));
}

test("a challenge that only begins alike is no solution", () => {
  const near = sha256("x5").slice(0, 63) + (sha256("x5").endsWith("0") ? "1" : "0");
  assert.equal(search({ salt: "x", challenge: near, from: 0, to: 10 }), -1);
});

for (const challenge of ["", "zz", "A".repeat(64), "0".repeat(63)]) {
  test(`an unreadable challenge: ${challenge}`, () =>
    assert.equal(search({ salt: "x", challenge, from: 0, to: 10 }), -1));
}
