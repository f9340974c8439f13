// The browser's side of `ghost`: one command a line on stdin, one reply a line on stdout.
//
//   {"open": URL, "name": NAME}   a new context; the form filled in and sent
//   {"look": {name: selector}}    where these are, px of the viewport
//   {"gestures": [[start, end?]]} ghost-cursor moves there; press, and drag where there is an end
//   {"close": true}

import { createInterface } from "node:readline";
import { createRequire } from "node:module";
import * as puppeteer from "puppeteer-core";

const require = createRequire(`${process.cwd()}/`);
const { addExtra } = require("puppeteer-extra");
const stealth = require("puppeteer-extra-plugin-stealth");
const { GhostCursor, path } = require("ghost-cursor");

const [executablePath, ...args] = process.argv.slice(2);
const extra = addExtra(puppeteer.default ?? puppeteer);
const bare = process.env.GHOST === "bare"; // headed, and nothing patched
if (!bare) extra.use(stealth());
const browser = await extra.launch({
  executablePath, args, headless: !bare, defaultViewport: bare ? null : { width: 1280, height: 900 },
});

let context, page, cursor;
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const where = async (selector) => {
  const box = await (await page.$(selector))?.boundingBox();
  return box && [box.x, box.y, box.width, box.height];
};

const click = async () => {
  await cursor.mouseDown();
  await pause(40 + 80 * Math.random());
  await cursor.mouseUp();
};

// Its own moves hold no button, so a drag takes its path and puppeteer's mouse.
const drag = async (start, end) => {
  await page.mouse.move(...start);
  await page.mouse.down();
  for (const { x, y } of path({ x: start[0], y: start[1] }, { x: end[0], y: end[1] })) await page.mouse.move(x, y);
  await page.mouse.up();
};

const commands = {
  async open(url, { name }) {
    context = await browser.createBrowserContext();
    page = await context.newPage();
    cursor = new GhostCursor(page, { start: { x: 200 + 700 * Math.random(), y: 150 + 500 * Math.random() } });
    await page.goto(url);
    await cursor.click("input[name=name]");
    await page.keyboard.type(name, { delay: 70 });
    await cursor.click("button");
  },
  async look(selectors) {
    await page.waitForSelector("main[data-state=action]", { timeout: 45_000 });
    await pause(300);
    const found = {};
    for (const [name, selector] of Object.entries(selectors)) {
      const box = await where(selector);
      if (box) found[name] = box;
    }
    return found;
  },
  async gestures(all) {
    for (const [start, end] of all) {
      await cursor.moveTo({ x: start[0], y: start[1] });
      await pause(60 + 120 * Math.random());
      if (end) await drag(start, end);
      else await click();
    }
  },
  async close() {
    await context.close();
  },
};

console.log(JSON.stringify({ ready: true }));
for await (const line of createInterface({ input: process.stdin })) {
  const command = JSON.parse(line);
  const [name] = Object.keys(command);
  try {
    console.log(JSON.stringify({ done: (await commands[name](command[name], command)) ?? null }));
  } catch (error) {
    console.log(JSON.stringify({ failed: String(error) }));
  }
}
await browser.close();
