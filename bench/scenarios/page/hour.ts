import type { Page } from "playwright-core";
import type { Bench, Scenario } from "../../bench.ts";
import { wait } from "../../targets/target.ts";
import { openPage, rendererCpuSeconds, withBrowser } from "./opened-page.ts";
import { type FeedPost, startFeed } from "./steady-feed.ts";

const SYMBOL = "HOUR-USD";
/** An hour of 200 events/s. */
const EVENTS = 3_600 * 200;
const BEATS_PER_SECOND = 20;
/** Ten times as fast, so an hour takes six minutes. */
const EVENTS_A_BEAT = 100;
/** What a page keeps has filled by then: bars of the range, lines of the tape, points of charts. */
const WARM_SHARE = 1 / 6;
const MOST_GROWTH_MB = 5;

const PLACES = [
  { page: "a symbol's page", path: `/s/${SYMBOL}`, ready: "[data-testid=trade-row]" },
  { page: "the market page", path: "/", ready: "[data-testid=symbol-row]" },
  {
    page: "/explore",
    path: `/explore?range=5m&symbols=${SYMBOL}&metric=latency_ms`,
    ready: "[data-testid=line-value]",
  },
];

export const hour: Scenario = {
  number: 18,
  title: "an hour of 200 events/s on three pages, ten times as fast",
  async run(bench: Bench) {
    const product = await bench.startProduct({ runtimes: 1 });
    const feed = startFeed(product, 1_000 / BEATS_PER_SECOND, postsOf);
    await wait(2_000);
    await withBrowser(async (browser) => {
      // Each is in a context of its own, and so in a process: none is hidden by another.
      const pages = [];
      for (const { page: name, path, ready } of PLACES) {
        const opened = await openPage(browser, `http://127.0.0.1:${product.port}${path}`);
        await opened.page.waitForSelector(ready);
        pages.push({ name, ...opened });
      }
      const seconds = EVENTS / (EVENTS_A_BEAT * BEATS_PER_SECOND) / (bench.quick ? 6 : 1);
      await wait(seconds * WARM_SHARE * 1_000);
      const before: Held[] = [];
      for (const { page } of pages) before.push(await heldBy(page));
      const beganMs = performance.now();
      const cpuBefore = rendererCpuSeconds();
      await wait(seconds * (1 - WARM_SHARE) * 1_000);
      const cores = (rendererCpuSeconds() - cpuBefore) / ((performance.now() - beganMs) / 1_000);
      for (const [i, { name, page, close }] of pages.entries()) {
        const warm = before[i] as Held;
        const after = await heldBy(page);
        bench.measure(`${name}: heap when warm`, "MB", [warm.heapBytes / 1e6]);
        const grownMb = (after.heapBytes - warm.heapBytes) / 1e6;
        bench.measure("  grown by, behind it", "MB", [grownMb], { atMost: MOST_GROWTH_MB });
        bench.measure("  elements more than before", "", [after.nodes - warm.nodes]);
        bench.measure("  elements that are in no page, when warm", "", [warm.detached]);
        bench.measure("    and in the end", "", [after.detached], { atMost: 0 });
        await close();
      }
      bench.measure("processor of the pages at 2,000 events/s", "cores", [cores]);
    });
    await feed.stop();
  },
};

/** Of a hundred events 70 trades, 25 points of five series and 5 books. */
function postsOf(beat: number): FeedPost[] {
  const price = (at: number) => 100 + Math.round(Math.sin(at / 500) * 1_000) / 100;
  const trades = Array.from({ length: 70 }, (_, at) => ({
    ...{ symbol: SYMBOL, price: price(beat * 70 + at), size: 1 + (at % 7) },
    id: `t${beat}-${at}`,
  }));
  const points = Array.from({ length: 25 }, (_, at) => ({
    ...{ symbol: SYMBOL, metric: "latency_ms", labels: { venue: `v${at % 5}` } },
    value: 5 + Math.sin((beat * 5 + at) / 40),
  }));
  const books = Array.from({ length: 5 }, (_, at) => {
    const middle = price(beat * 70 + at * 14);
    const side = (sign: 1 | -1) =>
      Array.from({ length: 20 }, (_, level) => [
        Math.round((middle + sign * (level + 1) * 0.01) * 100) / 100,
        1 + ((beat + level) % 9),
      ]);
    return { type: "snapshot", symbol: SYMBOL, bids: side(-1), asks: side(1) };
  });
  return [
    { path: "/api/trades", events: trades },
    { path: "/api/metrics", events: points },
    { path: "/api/books", events: books },
  ];
}

type Held = { heapBytes: number; nodes: number; detached: number };

/** What the page holds once all that nobody holds is collected. */
async function heldBy(page: Page): Promise<Held> {
  // A session of its own: one keeps the elements that it was told of.
  const devtools = await page.context().newCDPSession(page);
  for (let round = 0; round < 3; round += 1) await devtools.send("HeapProfiler.collectGarbage");
  const { usedSize } = await devtools.send("Runtime.getHeapUsage");
  const { nodes } = await devtools.send("Memory.getDOMCounters");
  const { detachedNodes } = await devtools.send("DOM.getDetachedDomNodes");
  await devtools.detach();
  return { heapBytes: usedSize, nodes, detached: detachedNodes.length };
}
