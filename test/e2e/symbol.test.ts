import type { Locator, Page } from "playwright-core";
import { beforeEach, expect, it } from "vitest";
import type { HistoryAnswer } from "../../src/protocol/answers/answers.ts";
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

it("lines of averages are chosen beside a scale by powers, and are still there after a reload", async () => {
  const at = Math.floor(nowUs() / 60e6) * 60e6 - 60 * 60e6;
  const closes = Array.from({ length: 60 }, (_, i) => 100 + (i % 9));
  await browsed.push(
    "/api/trades",
    closes.map((price, i) => ({ symbol: "SYM-5*", ts: at + i * 60e6, price, size: 1 + i })),
  );
  await browsed.open("/s/SYM-5*?interval=1m");
  const legend = page.locator(".bar-legend");
  await legend.getByText("Vol", { exact: false }).waitFor();
  expect(await legend.getByText("Average").count()).toBe(0);
  await page.getByText("Layers", { exact: true }).click();
  await page.getByRole("checkbox", { name: "Average 20" }).check();
  await page.getByRole("checkbox", { name: "VWAP" }).check();
  // It closes by itself, and the key needs no press into the chart.
  const layers = page.getByRole("group", { name: "Layers of the chart" });
  await page.keyboard.press("Escape");
  await layers.waitFor({ state: "hidden" });
  await page.getByText("Layers", { exact: true }).click();
  await layers.waitFor();
  await page.getByTestId("last-price").click();
  await layers.waitFor({ state: "hidden" });
  await page.keyboard.press("l");
  const mean = closes.slice(-20).reduce((sum, close) => sum + close, 0) / 20;
  const { bars } = await browsed.ask<HistoryAnswer>("/api/history/SYM-5*?interval=1m");
  const midnight = new Date(nowUs() / 1_000).setHours(0, 0, 0, 0) * 1_000;
  const ofDay = bars.filter(({ ts }) => ts >= midnight);
  const money = ofDay.reduce((sum, bar) => sum + bar.close * bar.volume, 0);
  const vwap = money / ofDay.reduce((sum, bar) => sum + bar.volume, 0);
  const log = page.getByRole("button", { name: "Log", exact: true });
  const isShown = async () => {
    await legend.getByText(`Average 20 ${mean.toFixed(2)}`).waitFor();
    await legend.getByText(`VWAP ${vwap.toFixed(2)}`).waitFor();
    await expect.poll(() => log.getAttribute("aria-pressed")).toBe("true");
  };
  await isShown();
  await page.reload();
  await isShown();
  // Prices that are not positive have no logarithm.
  await browsed.push("/api/trades", [{ symbol: "SYM-5*", price: -1, size: 1 }]);
  await expect.poll(() => log.getAttribute("aria-pressed")).toBe("false");
});

it("of a symbol that nobody knows one question is refused, and the page goes on at its first trade", async () => {
  await browsed.push("/api/trades", [{ symbol: "SYM-7", price: 5, size: 1 }]);
  await browsed.open("/s/SYM-7");
  await page.getByTestId("trade-row").waitFor();
  const refused: string[] = [];
  page.on("response", (response) => {
    if (response.status() === 404) refused.push(new URL(response.url()).pathname);
  });
  await page.goto(new URL("/s/SYM-8", page.url()).href);
  await page.getByText("Nothing on SYM-8 yet").waitFor();
  expect(refused).toEqual(["/api/history/SYM-8"]);
  const order = { symbol: "SYM-8", id: "O-1", status: "sent", side: "buy", quantity: 1 };
  await browsed.push("/api/orders", order);
  await browsed.push("/api/trades", [{ symbol: "SYM-8", price: 5, size: 1 }]);
  await page.getByTestId("order-row").waitFor();
  expect(refused).toHaveLength(1);
});

it("in a narrow window no words lie over the candles, and few bars are no slabs", async () => {
  await page.setViewportSize({ width: 390, height: 844 });
  const at = Math.floor(nowUs() / 60e6) * 60e6;
  await browsed.push("/api/trades", [
    { symbol: "SYM-9", price: 90_101.25, size: 1, ts: at - 180e6 },
    { symbol: "SYM-9", price: 90_102.5, size: 1, ts: at - 60e6 },
  ]);
  await browsed.open("/s/SYM-9?interval=1m");
  const candles = page.getByTestId("candle-chart");
  await page.locator(".bar-legend").waitFor();
  const boxOf = async (place: Locator) =>
    (await place.boundingBox()) ?? expect.fail("it has no box");
  await soon(async () => {
    const chart = await boxOf(candles);
    const legend = await boxOf(page.locator(".bar-legend"));
    const tools = await boxOf(page.locator(".layers summary"));
    expect(legend.y + legend.height).toBeLessThanOrEqual(chart.y);
    expect(tools.y + tools.height).toBeLessThanOrEqual(chart.y);
    expect(chart.height).toBeGreaterThan(250);
  });
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
});

it("an alert at the last price, or at the crosshair, is a form that is filled in", async () => {
  const traded = { symbol: "SYM-6*", price: 101.25, size: 1 };
  await browsed.push("/api/trades", [traded, { ...traded, price: 99.25, ts: nowUs() - 60e6 }]);
  await browsed.open("/s/SYM-6*?interval=1m");
  await page.getByRole("button", { name: "Alert" }).click();
  const field = (label: string) => page.getByLabel(label, { exact: true });
  await expect.poll(() => field("Bound").inputValue()).toBe("101.25");
  expect(await field("Symbols").inputValue()).toBe("SYM-6\\*");
  expect(await field("Name").inputValue()).toBe("SYM-6-above-101.25");
  expect(await page.getByLabel("Fires when it is").inputValue()).toBe("above");
  await page.getByRole("button", { name: "Cancel" }).click();
  await expect.poll(() => new URL(page.url()).search).toBe("");
  expect(await field("Bound").count()).toBe(0);
  const candles = page.getByTestId("candle-chart");
  await page.goBack();
  const box = (await candles.boundingBox()) ?? expect.fail("the chart has no box");
  await page.mouse.move(box.x + box.width / 2, box.y + box.height * 0.6);
  await soon(async () => expect(await crosshairY(candles)).not.toBeNaN());
  await page.keyboard.press("b");
  await expect.poll(() => page.getByLabel("Fires when it is").inputValue()).toBe("below");
  expect(Number(await field("Bound").inputValue())).toBeLessThan(101.25);
});

it("the header names what a position cost and its unrealised gain, and the columns of orders stand still", async () => {
  const order = { symbol: "SYM-3", side: "buy", quantity: 2, price: 100, ts: nowUs() - 60e6 };
  await browsed.push("/api/trades", [{ symbol: "SYM-3", price: 101.25, size: 1 }]);
  await browsed.push("/api/positions", {
    symbol: "SYM-3",
    quantity: 20,
    avg_price: 99.5,
    account: "a",
  });
  await browsed.push("/api/orders", [
    { ...order, id: "AN-ORDER-1", status: "filled", filled: 2, avg_price: 100 },
  ]);
  await browsed.open("/s/SYM-3");
  const position = page.getByTestId("position").locator("dd");
  await expect.poll(() => position.textContent()).toBe("20 at 99.50");
  await expect.poll(() => page.getByTestId("unrealised").textContent()).toBe("+35");
  const lefts = () =>
    page
      .getByTestId("order-row")
      .last()
      .locator("td")
      .evaluateAll((cells) => cells.map((cell) => cell.getBoundingClientRect().left));
  await page.getByText("filled", { exact: true }).waitFor();
  const before = await lefts();
  for (const [status, shown] of [
    ["acknowledged", "acked"],
    ["partially_filled", "partial"],
    ["rejected", "rejected"],
  ] as const) {
    await browsed.push("/api/orders", [{ ...order, id: `B-${status}`, status }]);
    const cell = page.getByText(shown, { exact: true });
    await cell.waitFor();
    expect(await cell.evaluate((it) => it.scrollWidth - it.clientWidth)).toBe(0);
    expect(await lefts()).toEqual(before);
  }
});

it("OR-5 fills of earlier are marked when one looks at them, and the list of orders has more", async () => {
  const at = Math.floor(nowUs() / 60e6) * 60e6 - 200 * 60e6;
  const minutes = Array.from({ length: 200 }, (_, i) => i);
  const of = (i: number) => ({ symbol: "SYM-4", ts: at + i * 60e6 });
  await browsed.push(
    "/api/trades",
    minutes.map((i) => ({ ...of(i), price: 100 + (i % 5), size: 1 })),
  );
  await browsed.push(
    "/api/orders",
    minutes.map((i) => ({
      ...of(i),
      ...{ id: `O-${i}`, status: "filled", side: "buy", filled: i + 1, avg_price: 100 },
    })),
  );
  // The tape would tell all of these again, for they were pushed just now.
  await page.routeWebSocket(/\/ws\//, () => {});
  await page.route("**/api/rooms/**", (route) => route.abort());
  const time = (i: number) => new Date((at + i * 60e6) / 1_000).toISOString().slice(0, 16);
  await browsed.open(`/s/SYM-4?interval=1m&from=${time(10)}Z&to=${time(30)}Z`);
  const box = (await page.getByTestId("candle-chart").boundingBox()) ?? expect.fail("no chart");
  await soon(async () => {
    await page.mouse.move(box.x + box.width / 3, box.y + 99);
    await page.mouse.move(box.x + box.width / 3, box.y + 100);
    // The one of this minute, by its size: 10 were before the range, and 100 are the newest.
    const words = (await page.locator(".bar-legend .marks span").allTextContents()).join();
    expect(Number(/^filled buy (\d+) at 100\.00$/.exec(words)?.[1])).toBeLessThan(32);
  });
  const rows = page.getByTestId("order-row");
  await expect.poll(() => rows.count()).toBe(100);
  await page.getByRole("heading", { name: "Orders the newest 100 of 200" }).waitFor();
  const seen = page.waitForRequest((asked) => /api.orders.*from=/.test(asked.url()));
  await page.reload();
  const { searchParams } = new URL((await seen).url());
  expect(Number(searchParams.get("from"))).toBeLessThanOrEqual(at + 10 * 60e6);
  expect(Number(searchParams.get("to"))).toBeGreaterThanOrEqual(at + 30 * 60e6);
  await page.getByRole("button", { name: "More" }).click();
  await expect.poll(() => rows.count()).toBe(200);
  await page.getByRole("heading", { name: "Orders 200" }).waitFor();
  expect(await page.getByRole("button", { name: "More" }).count()).toBe(0);
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
