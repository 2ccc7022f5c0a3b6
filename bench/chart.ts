/**
 * `npm run bench:chart -- [--bars 110000] [--rounds 3]`: the chart of candles in Chromium, with so many bars of a minute loaded by zooming out: how
 * long loading takes, how long frames take while one drags and zooms, and what the page's scripts hold.
 */
import { parseArgs } from "node:util";
import type { Page } from "playwright-core";
import { answerHelp } from "../dev/cli/answer-help.ts";
import { launchBrowser } from "../test/e2e/browser.ts";
import { fillBars } from "./chart/fill-bars.ts";
import { framesDuring, heapMb, percentile } from "./chart/frames.ts";
import { figureOf, saidOf } from "./figure.ts";
import { startProduct } from "./targets/product.ts";
import { wait } from "./targets/target.ts";

answerHelp("npm run bench:chart -- [--bars 110000] [--rounds 3]");
const { values: options } = parseArgs({
  options: {
    bars: { type: "string", default: "110000" },
    rounds: { type: "string", default: "3" },
  },
});
const SYMBOL = "LONG";
const VIEWPORT = { width: 1_280, height: 800 };
const SIZE = Number(options.bars);
const WHEELS = 30;
const DRAG_STEPS = 64;
const DRAG_PX = 300;
/** From all in sight to bars of usual width, a tenth at a time. */
const WHEELS_TO_USUAL = 73;

const product = await startProduct();
const browser = await launchBrowser();
try {
  await fillBars(product, SYMBOL, SIZE);
  const rounds: Record<string, number>[] = [];
  for (let round = 0; round < Number(options.rounds); round++) {
    const measured = await measure();
    rounds.push(measured);
    process.stderr.write(`${JSON.stringify(measured)}\n`);
  }
  for (const what of Object.keys(rounds[0] ?? {})) {
    const [name = "", unit = ""] = what.split(", ");
    const values = rounds.map((of) => of[what] ?? Number.NaN);
    console.log(saidOf(figureOf(0, name, unit, values)));
  }
} finally {
  await browser.close();
  await product.stop();
}

/** One visit. The chart is used by the mouse alone, as one who watches does. */
async function measure(): Promise<Record<string, number>> {
  const page = await browser.newPage({ viewport: VIEWPORT });
  const loaded = countBars(page);
  await page.goto(`http://127.0.0.1:${product.port}/s/${SYMBOL}?interval=1m`);
  await page.getByTestId("candle-chart").waitFor();
  const box = await page.getByTestId("candle-chart").boundingBox();
  if (box === null) throw new Error("the chart has no box");
  // Bars are under it wherever one drags to.
  const [x, y] = [box.x + box.width / 3, box.y + box.height / 2];
  // The wheel leaves what is under it in its place: there the newest bars.
  await page.mouse.move(box.x + box.width * 0.9, y);
  while (loaded() === 0) await wait(50);
  const heapBefore = await heapMb(page);
  const idle = await framesDuring(page, () => wait(2_000));
  const startMs = performance.now();
  const loading = await framesDuring(page, async () => {
    while (loaded() < SIZE) {
      await page.mouse.wheel(0, 300);
      await wait(30);
    }
  });
  const loadedMs = performance.now() - startMs;
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
  const heapAfter = await heapMb(page);
  await page.close();
  return {
    "loading all of them, s": loadedMs / 1_000,
    "frames of an idle page p95, ms": percentile(idle, 0.95),
    "frames while loading p95, ms": percentile(loading, 0.95),
    "  longest, ms": Math.max(...loading),
    "dragging with all in sight p95, ms": percentile(far, 0.95),
    "   longest, ms": Math.max(...far),
    "zooming in and out p95, ms": percentile(zooming, 0.95),
    "    longest, ms": Math.max(...zooming),
    "dragging with bars of usual width p95, ms": percentile(near, 0.95),
    "     longest, ms": Math.max(...near),
    "heap with the first page, MB": heapBefore,
    "heap with all, MB": heapAfter,
  };
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
