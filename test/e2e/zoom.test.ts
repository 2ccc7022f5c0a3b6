import type { Page } from "playwright-core";
import { beforeAll, beforeEach, expect, it } from "vitest";
import { momentOf } from "../../web/data/times/zone-moment.ts";
import { BrowsedProduct } from "./browsing/browsed-product.ts";
import { temporaryDataDir } from "./product.ts";

/** How one zooms the candles by the wheel. */
const HOUR_US = 3_600e6;
const FIRST_US = Date.parse("2025-10-27T00:00:00Z") * 1_000;
const COUNT = 200;

const browsed = new BrowsedProduct({
  folder: temporaryDataDir(),
  context: () => ({ timezoneId: "UTC" }),
  prepare: (context) =>
    context.addInitScript(() => {
      const later = window.requestAnimationFrame.bind(window);
      window.requestAnimationFrame = (frame) =>
        later((atMs) => {
          frame(atMs);
          window.__afterFrame?.();
        });
    }),
});
let page: Page;

beforeAll(() =>
  browsed.push(
    "/api/bars",
    Array.from({ length: COUNT }, (_, i) => bar(i, 50)),
  ),
);

beforeEach(() => {
  page = browsed.page;
});

it("a zoom is whole though bars are set anew before it is drawn", async () => {
  await openDay();
  const asked = page.waitForResponse((response) => response.url().includes("/api/history/ZOOM"));
  await page.evaluate(() => {
    const canvas = document.querySelector("[data-testid=candle-chart] canvas");
    const { left, top, width, height } = (canvas as Element).getBoundingClientRect();
    const at = { clientX: left + width / 2, clientY: top + height / 2 };
    window.__notches = 0;
    // A hundredth of a notch makes bars a thousandth narrower.
    window.__afterFrame = () => {
      window.__notches = (window.__notches ?? 0) + 1;
      const init = { deltaY: 1, ...at, bubbles: true, cancelable: true };
      canvas?.dispatchEvent(new WheelEvent("wheel", init));
    };
    window.__afterFrame();
  });
  // So many that they are set anew.
  await browsed.push(
    "/api/bars",
    Array.from({ length: 150 }, (_, i) => bar(i, 51)),
  );
  await (await asked).finished();
  const notches = await page.evaluate(async () => {
    for (let frame = 0; frame < 20; frame++) await new Promise(requestAnimationFrame);
    window.__afterFrame = undefined;
    return window.__notches ?? 0;
  });
  const shownUs = async () => {
    const [from = Number.NaN, to = Number.NaN] = await inSightUs();
    return to - from;
  };
  const wantedUs = (24 * HOUR_US) / 0.999 ** notches;
  // Times are told to the second.
  await expect.poll(async () => Math.abs((await shownUs()) - wantedUs)).toBeLessThanOrEqual(2e6);
});

it("one zooms out until all bars are in sight, and no farther", async () => {
  await openDay();
  const box = await page.getByTestId("candle-chart").boundingBox();
  if (box === null) throw new Error("the chart has no box");
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  // Each shows a ninth more.
  for (let notch = 0; notch < 60; notch++) await page.mouse.wheel(0, 300);
  const places = async () => {
    const [from = Number.NaN, to = Number.NaN] = await inSightUs();
    return (to - from) / HOUR_US;
  };
  // So few bars are drawn no narrower than this.
  const width =
    (await page.locator("[data-testid=candle-chart] td canvas").first().boundingBox())?.width ?? 0;
  await expect.poll(async () => Math.round((await places()) * 0.6)).toBe(Math.round(width));
  const [from = Number.NaN, to = Number.NaN] = await inSightUs();
  expect(from).toBeLessThan(FIRST_US);
  expect(to).toBeGreaterThan(FIRST_US + COUNT * HOUR_US);
});

/** A page whose candles show a day. */
async function openDay(): Promise<void> {
  await browsed.open("/s/ZOOM?interval=1h&from=2025-10-30&to=2025-10-31", null);
  // Before candles are there the form tells what the address says.
  await page.getByRole("button", { name: "To the newest" }).waitFor();
  await expect.poll(inSightUs).toEqual([FIRST_US + 72 * HOUR_US, FIRST_US + 96 * HOUR_US]);
}

function bar(index: number, close: number) {
  const prices = { open: 50, high: 52, low: 49, close };
  const ts = FIRST_US + index * HOUR_US;
  return { symbol: "ZOOM", interval: "1h", ts, ...prices, volume: 5 };
}

/** From when to when the form says that candles are in sight. */
async function inSightUs(): Promise<number[]> {
  const form = page.locator(".range-form");
  if (!(await form.getByLabel("From").isVisible())) await form.locator("summary").click();
  const texts = await Promise.all(["From", "To"].map((name) => form.getByLabel(name).inputValue()));
  await form.locator("summary").click();
  return texts.map((text) => momentOf(text, "UTC") ?? Number.NaN);
}

declare global {
  interface Window {
    __afterFrame?: (() => void) | undefined;
    __notches?: number;
  }
}
