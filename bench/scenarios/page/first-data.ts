import type { Page } from "playwright-core";
import type { Bench, Scenario } from "../../bench.ts";
import { type ProductTarget, wait } from "../../targets/target.ts";
import { openPage, withBrowser } from "./opened-page.ts";
import { startFeed } from "./steady-feed.ts";

const SYMBOL = "FIRST-USD";
const TRADES_PER_SECOND = 50;
/** Each trade's price, so that a price says which trade it was. */
const priceOf = (trade: number) => 1_000 + trade;
const PLACES = [
  { page: "the symbol page", path: `/s/${SYMBOL}`, price: "[data-testid=last-price]" },
  {
    page: "the market page",
    path: "/",
    price: `[data-testid=symbol-row][data-symbol="${SYMBOL}"] .last`,
  },
];
const MOST_MS = { paint: 400, data: 800 };

/** What watch-prices.js notes. */
type Shown = { firstPaintMs: number | null; prices: { atMs: number; price: number }[] };

export const firstData: Scenario = {
  number: 17,
  title: "a page that was never opened: first paint and first live data",
  async run(bench: Bench) {
    const product = await bench.startProduct({ runtimes: 1 });
    let trades = 0;
    const feed = startFeed(product, 1_000 / TRADES_PER_SECOND, (beat) => {
      trades = beat;
      return [
        {
          path: "/api/trades",
          events: [{ symbol: SYMBOL, price: priceOf(beat), size: 1, id: `t${beat}` }],
        },
      ];
    });
    await wait(2_000);
    await withBrowser(async (browser) => {
      for (const place of PLACES) {
        const figures = { paint: [] as number[], price: [] as number[], live: [] as number[] };
        for (let round = 0; round < bench.rounds * 3; round += 1) {
          const before = priceOf(trades);
          const opened = await openPage(browser, urlOf(product, place.path), {
            script: new URL("./watch-prices.js", import.meta.url),
            globals: { watchedPlace: place.price },
          });
          const shown = await untilLive(opened.page, before);
          figures.paint.push(shown.firstPaintMs ?? Number.NaN);
          figures.price.push(shown.prices[0]?.atMs ?? Number.NaN);
          figures.live.push(
            shown.prices.find(({ price }) => price > before)?.atMs ?? Number.POSITIVE_INFINITY,
          );
          await opened.close();
          await wait(300);
        }
        bench.measure(`${place.page}: first paint`, "ms", figures.paint, { atMost: MOST_MS.paint });
        bench.measure("  a price", "ms", figures.price);
        bench.measure("  a price that came after it was opened", "ms", figures.live, {
          atMost: MOST_MS.data,
        });
      }
    });
    await feed.stop();
  },
};

function urlOf({ port }: ProductTarget, path: string): string {
  return `http://127.0.0.1:${port}${path}`;
}

async function untilLive(page: Page, before: number): Promise<Shown> {
  const handle = await page.waitForFunction(
    (least) => {
      const { shown } = globalThis as unknown as { shown: Shown };
      const isLive = shown.prices.some(({ price }) => price > least);
      return isLive && shown.firstPaintMs !== null ? shown : null;
    },
    before,
    { timeout: 30_000 },
  );
  return (await handle.jsonValue()) as Shown;
}
