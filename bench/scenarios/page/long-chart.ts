import type { Page } from "playwright-core";
import type { Bench, Scenario } from "../../bench.ts";
import { wait } from "../../targets/target.ts";
import { fillBars } from "./fill-bars.ts";
import { framesDuring, heapMb, percentile } from "./frames.ts";
import { openPage, withBrowser } from "./opened-page.ts";
import { startFeed } from "./steady-feed.ts";

const SYMBOL = "LONG-USD";
const BARS = { usual: 110_000, quick: 20_000 };
const TRADES_PER_SECOND = 100;
const MOST_FRAME_MS = 20;
const WHEELS = 30;
const DRAG_STEPS = 64;
const DRAG_PX = 300;
/** From all in sight to bars of usual width, a tenth at a time. */
const WHEELS_TO_USUAL = 73;

export const longChart: Scenario = {
  number: 20,
  title: "a chart of 110,000 bars of a minute (--quick 20,000) while 100 trades/s come",
  async run(bench: Bench) {
    const product = await bench.startProduct({ runtimes: 1 });
    const size = bench.quick ? BARS.quick : BARS.usual;
    const last = await fillBars(product, SYMBOL, size);
    const feed = startFeed(product, 1_000 / TRADES_PER_SECOND, (beat) => {
      const price = Math.round((last + Math.sin(beat / 200)) * 100) / 100;
      return [
        { path: "/api/trades", events: [{ symbol: SYMBOL, price, size: 1, id: `t${beat}` }] },
      ];
    });
    const visits: Visit[] = [];
    await withBrowser(async (browser) => {
      for (let round = 0; round < bench.rounds; round += 1) {
        const opened = await openPage(browser, "about:blank");
        visits.push(await visit(opened.page, `http://127.0.0.1:${product.port}/s/${SYMBOL}`, size));
        await opened.close();
      }
    });
    await feed.stop();
    const loadS = visits.map((visit) => visit.loadS);
    bench.measure("loading all of them", "s", loadS);
    const heapsMb = visits.map((visit) => visit.heapMb);
    bench.measure("  heap of the page with all", "MB", heapsMb);
    for (const movement of MOVEMENTS) {
      const frames = visits.map(({ frames }) => frames[movement]);
      const at = (share: number) => frames.map((of) => percentile(of, share));
      bench.measure(`frames, ${movement}: p50`, "ms", at(0.5));
      bench.measure(`  ${movement}: p95`, "ms", at(0.95));
      bench.measure(`  ${movement}: p99`, "ms", at(0.99), { atMost: MOST_FRAME_MS });
      bench.measure(`  ${movement}: longest`, "ms", at(1));
      bench.measure(`  ${movement}: above ${MOST_FRAME_MS} ms`, "%", frames.map(shareAbove));
    }
  },
};

const MOVEMENTS = [
  "nobody moves it",
  "zooming out until all are there",
  "dragging with all in sight",
  "zooming in and out",
  "dragging bars of usual width",
] as const;

type Visit = {
  loadS: number;
  heapMb: number;
  frames: Record<(typeof MOVEMENTS)[number], readonly number[]>;
};

/** The chart is used by the mouse alone, as one who watches does. */
async function visit(page: Page, url: string, size: number): Promise<Visit> {
  const loaded = countBars(page);
  await page.goto(`${url}?interval=1m`);
  while (loaded() === 0) await wait(50);
  const box = await boxOf(page);
  // Bars are under it wherever one drags to.
  const [x, y] = [box.x + box.width / 3, box.y + box.height / 2];
  // The wheel leaves what is under it in its place: there the newest bars.
  await page.mouse.move(box.x + box.width * 0.9, y);
  const idle = await framesDuring(page, () => wait(2_000));
  const beganMs = performance.now();
  const loading = await framesDuring(page, async () => {
    while (loaded() < size) {
      await page.mouse.wheel(0, 300);
      await wait(30);
    }
  });
  const loadS = (performance.now() - beganMs) / 1_000;
  await page.mouse.move(x, y);
  await wait(1_000);
  const drag = async () => {
    await page.mouse.down();
    for (let i = 1; i <= DRAG_STEPS; i++) {
      // It comes back, and to rest: a chart that is let go of in full course rolls on.
      const share = (1 - Math.cos((i / DRAG_STEPS) * 2 * Math.PI)) / 2;
      await page.mouse.move(x + share * DRAG_PX, y);
    }
    await page.mouse.up();
  };
  const zoom = async (by: number, wheels = WHEELS) => {
    for (let i = 0; i < wheels; i++) await page.mouse.wheel(0, by);
  };
  const far = await framesDuring(page, drag);
  const zooming = await framesDuring(page, async () => {
    await zoom(-120);
    await zoom(120);
  });
  await zoom(-120, WHEELS_TO_USUAL);
  const near = await framesDuring(page, drag);
  return {
    loadS,
    heapMb: await heapMb(page),
    frames: {
      "nobody moves it": idle,
      "zooming out until all are there": loading,
      "dragging with all in sight": far,
      "zooming in and out": zooming,
      "dragging bars of usual width": near,
    },
  };
}

/** Where the chart lies once it is painted; a page that is drawn anew just then has none. */
async function boxOf(page: Page) {
  for (;;) {
    const chart = page.getByTestId("candle-chart");
    await chart.locator("canvas").first().waitFor();
    const box = await chart.boundingBox();
    if (box !== null) return box;
  }
}

/** How many bars the page has asked for and got. The page itself is left alone. */
function countBars(page: Page): () => number {
  let count = 0;
  page.on("requestfinished", (request) => {
    const { pathname, searchParams } = new URL(request.url());
    if (pathname === `/api/history/${SYMBOL}`) count += Number(searchParams.get("limit"));
  });
  return () => count;
}

function shareAbove(frames: readonly number[]): number {
  return (100 * frames.filter((ms) => ms > MOST_FRAME_MS).length) / frames.length;
}
