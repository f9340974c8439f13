import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

const TEMPLATES = new URL("../../templates/", import.meta.url);
const read = (/** @type {string} */ path) => readFileSync(new URL(path, TEMPLATES), "utf8");
const names = (/** @type {string} */ folder) => readdirSync(new URL(folder, TEMPLATES));

/** @type {Record<string, Record<string, Record<string, string>>>} */
const catalogues = Object.fromEntries(
  names("texts/").map((name) => [name.replace(".json", ""), JSON.parse(read("texts/" + name))]),
);
const english = catalogues.en;
const slots = (/** @type {string} */ text) => (text.match(/\{\w+\}/g) ?? []).sort();

for (const [lang, catalogue] of Object.entries(catalogues)) {
  test(`the catalogue ${lang} has every text and every slot`, () => {
    assert.deepEqual(Object.keys(catalogue), Object.keys(english));
    for (const [section, texts] of Object.entries(english)) {
      assert.deepEqual(Object.keys(catalogue[section]), Object.keys(texts), section);
      for (const [key, text] of Object.entries(texts)) {
        assert.notEqual(catalogue[section][key], "", key);
        assert.deepEqual(slots(catalogue[section][key]), slots(text), key);
      }
    }
    assert.equal(catalogue.meta.lang, lang);
    assert.equal(catalogue.meta.dir, ["ar", "fa", "he", "ur"].includes(lang) ? "rtl" : "ltr");
  });
}

/** A script with all it imports. As text, since Node before 20.19 takes a plain `.js` outside a module
 * package for CommonJS. @param {string} path @returns {string} */
const module = (path) => {
  const source = read(path).replace(/(?<=\bfrom ")\.{1,2}\/[^"]+(?=";)/g, (other) =>
    module(new URL(other, new URL(path, TEMPLATES)).href.slice(TEMPLATES.href.length)));
  return "data:text/javascript," + encodeURIComponent(source);
};

for (const file of names("kinds/")) {
  const name = file.replace(".js", "");
  test(`the kind ${name} speaks every language, by its module or by the catalogue`, async () => {
    const { texts, mount } = await import(module("kinds/" + file));
    assert.equal(typeof mount, "function");
    for (const [lang, catalogue] of Object.entries(catalogues)) {
      for (const [key, text] of Object.entries(texts.en)) {
        const found = texts[lang]?.[key] ?? catalogue.page[`${name}.${key}`];
        assert.deepEqual(slots(found ?? ""), slots(String(text)), `${lang} ${key}`);
        assert.ok(found, `${lang} lacks ${key}`);
      }
    }
    assert.ok(texts.en.title.length <= 60);
  });
}

test("the widget speaks every language", () => {
  for (const lang of Object.keys(catalogues)) assert.match(read("gateway.js"), new RegExp(`\\b${lang}: \\["`));
});

test("every text of the page is used, and every used text is there", () => {
  // The reasons of `Again` in gateway/model.py are keys too.
  const spoken = ["wrong", "expired", "malformed", "more", "exchanged", "next", "work"];
  const controls = names("controls/").map((name) => "controls/" + name);
  const source = ["page.js", "interstitial.html", "frame.html", "continue.html", ...controls].map(read).join("\n");
  for (const key of Object.keys(english.page).filter((key) => !spoken.includes(key))) {
    assert.match(source, new RegExp(`["'.]${key}\\b`), key);
  }
  for (const [, key] of read("page.js").matchAll(/[^.\w]t\("(\w+)"/g)) assert.ok(english.page[key], key);
});

test("nothing points to another host", () => {
  for (const file of names("").filter((name) => /\.(html|css|js)$/.test(name))) {
    assert.doesNotMatch(read(file), /https?:\/\/|url\(/, file);
  }
});
