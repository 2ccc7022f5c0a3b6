import type { Locator, Page } from "playwright-core";
import { beforeEach, expect, it } from "vitest";
import { soon } from "../soon.ts";
import { BrowsedProduct } from "./browsing/browsed-product.ts";
import { temporaryDataDir } from "./product.ts";

/** What a trader looks for on a symbol's page. */
const browsed = new BrowsedProduct({ folder: temporaryDataDir() });
let page: Page;

beforeEach(() => {
  page = browsed.page;
});

const nowUs = () => Date.now() * 1_000;

it("the crosshair stays where the pointer is, whatever comes", async () => {
  const at = Math.floor(nowUs() / 1e6) * 1e6 - 300e6;
  const seconds = Array.from({ length: 250 }, (_, i) => i);
  const of = (i: number) => ({ symbol: "SYM-1", ts: at + i * 1e6 });
  await browsed.push(
    "/api/trades",
    seconds.map((i) => ({ ...of(i), price: 100 + (i % 7), size: 1 })),
  );
  await browsed.push(
    "/api/metrics",
    seconds.map((i) => ({ ...of(i), metric: "second", value: i })),
  );
  await browsed.open("/s/SYM-1?interval=1s");
  const candles = page.getByTestId("candle-chart");
  await page.getByTestId("metric-panel").locator(".u-over").waitFor();
  const box = (await candles.boundingBox()) ?? expect.fail("the chart has no box");
  const y = Math.round(box.height * 0.15);
  await soon(async () => {
    await page.mouse.move(box.x + box.width / 2, box.y + y + 1);
    await page.mouse.move(box.x + box.width / 2, box.y + y);
    expect(Math.abs((await crosshairY(candles)) - y)).toBeLessThan(2);
    // The panel points at the same moment.
    expect(await page.locator(".metric-pane .u-cursor-x").isVisible()).toBe(true);
  });
  for (const i of [251, 252, 253]) {
    await browsed.push("/api/metrics", [{ ...of(i), metric: "second", value: i }]);
    await browsed.push("/api/trades", [{ ...of(i), price: 100 + i / 1_000, size: 1 }]);
    await page.getByTestId("last-price").getByText(`100.${i}`).waitFor();
    expect(Math.abs((await crosshairY(candles)) - y)).toBeLessThan(2);
  }
  // It goes with the pointer.
  await page.mouse.move(5, 5);
  await soon(async () => expect(await crosshairY(candles)).toBeNaN());
  await expect.poll(() => page.locator(".metric-pane .u-cursor-x").isVisible()).toBe(false);
});

it("R-4 the list of trades begins with those of before the page, each once", async () => {
  const at = nowUs() - 3_600e6;
  const prices = Array.from({ length: 60 }, (_, i) => 100 + i);
  await browsed.push(
    "/api/trades",
    prices.map((price, i) => ({ symbol: "SYM-2", ts: at + i * 60e6, price, size: 1 })),
  );
  await browsed.open("/s/SYM-2?interval=1m");
  const listed = () => page.locator("[data-testid=trade-row] .price").allTextContents();
  const words = (from: number) =>
    prices
      .filter((price) => price >= from)
      .map((price) => price.toFixed(2))
      .reverse();
  await expect.poll(listed).toEqual(words(110));
  // The tape tells the last of them again, and goes on with the next.
  await browsed.push("/api/trades", [{ symbol: "SYM-2", price: 160, size: 1 }]);
  await expect.poll(listed).toEqual(["160.00", ...words(110)]);
});

/** Where the horizontal line of the crosshair is, in pixels from the head of the chart; NaN where there is none. */
function crosshairY(chart: Locator): Promise<number> {
  return chart.evaluate((element) => {
    const [longest, row] = [...element.querySelectorAll("canvas")].reduce(
      ([most, at], canvas) => {
        const { width, height } = canvas;
        const pixels = canvas.getContext("2d")?.getImageData(0, 0, width, height).data;
        // The ground of other canvases is painted.
        if (pixels === undefined || width < 300 || pixels[3] !== 0) return [most, at];
        for (let y = 0; y < height; y += 1) {
          let count = 0;
          for (let x = 0; x < width; x += 1) count += pixels[(y * width + x) * 4 + 3] ? 1 : 0;
          if (count > most) [most, at] = [count, y];
        }
        return [most, at];
      },
      [250, Number.NaN] as [number, number],
    );
    return longest > 250 ? row / devicePixelRatio : Number.NaN;
  });
}
