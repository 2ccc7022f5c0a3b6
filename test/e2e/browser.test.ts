import { afterAll, beforeAll, expect, it } from "vitest";
import { launchBrowser } from "./browser.ts";

let browser: Awaited<ReturnType<typeof launchBrowser>>;

beforeAll(async () => {
  browser = await launchBrowser();
});

afterAll(async () => {
  await browser.close();
});

it("the browser of the tests draws text and has WebGL2", async () => {
  const page = await browser.newPage();
  await page.setContent("<span id=text style='font: 20px sans-serif'>97250.5</span>");
  const found = await page.evaluate(() => ({
    width: document.getElementById("text")?.getBoundingClientRect().width ?? 0,
    webgl2: document.createElement("canvas").getContext("webgl2") !== null,
  }));
  expect(found.width).toBeGreaterThan(40);
  expect(found.webgl2).toBe(true);
});
