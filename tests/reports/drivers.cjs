// One visit by a tool of Node's: `node drivers.cjs TOOL URL`. The modules are looked for from the
// folder it is run in; record.py says which.
const { createRequire } = require("node:module");
const need = createRequire(process.cwd() + "/");
const [tool, url] = process.argv.slice(2);
const executablePath = process.env.CHROMIUM;
const args = ["--no-sandbox", "--disable-gpu", "--disable-quic"];

/** @type {Record<string, () => any>} */
const launchers = {
  puppeteer: () => need("puppeteer-core"),
  puppeteer_stealth: () => need("puppeteer-extra").use(need("puppeteer-extra-plugin-stealth")()),
  ghost_cursor: () => need("puppeteer-extra").use(need("puppeteer-extra-plugin-stealth")()),
  rebrowser: () => need("rebrowser-puppeteer-core"),
  puppeteer_touch: () => need("puppeteer-core"),
};

(async () => {
  const browser = await launchers[tool]().launch({ executablePath, args, headless: true });
  const page = await browser.newPage();
  if (tool === "puppeteer_touch") await page.emulate(need("puppeteer-core").KnownDevices["Pixel 5"]);
  await page.goto(url);
  const handle = await page.waitForSelector("[role=slider]");
  const track = await page.waitForSelector(".track");
  await page.evaluate(() => document.querySelector("h1").textContent);
  const knob = await handle.boundingBox(), room = await track.boundingBox();
  const from = { x: knob.x + knob.width / 2, y: knob.y + knob.height / 2 };
  const to = { x: room.x + room.width + 30, y: from.y };
  if (tool === "puppeteer_touch") {
    const touch = page.touchscreen;
    await touch.touchStart(from.x, from.y);
    for (let i = 1; i <= 24; i++) await touch.touchMove(from.x + ((to.x - from.x) * i) / 24, from.y);
    await touch.touchEnd();
  } else if (tool === "ghost_cursor") {
    const { createCursor, path } = need("ghost-cursor");
    const cursor = createCursor(page);
    await cursor.move("[role=slider]");
    const at = cursor.getLocation();
    await page.mouse.move(at.x, at.y); // its own moves hold no button: they drag nothing
    await page.mouse.down();
    for (const { x, y } of path(at, to)) await page.mouse.move(x, y);
    await page.mouse.up();
  } else {
    await page.mouse.move(from.x - 120, from.y - 90);
    await page.mouse.move(from.x, from.y, { steps: 12 });
    await page.mouse.down();
    await page.mouse.move(to.x, to.y, { steps: 24 });
    await page.mouse.up();
  }
  await page.waitForSelector("#done", { timeout: 20000 }).catch(() => null); // the report says
  await browser.close();
})().catch((error) => { console.error(error); process.exit(1); });
