import { type Bench, type Scenario, settle } from "../../bench.ts";
import { type ProductTarget, wait } from "../../targets/target.ts";
import { openPage, rendererCpuSeconds, withBrowser } from "./opened-page.ts";
import { postEvents, startFeed } from "./steady-feed.ts";

const SYMBOL = "PANELS";
const METRICS = Array.from({ length: 8 }, (_, at) => `metric_${at}`);
const POINTS = 50_000;
const POINTS_A_POST = 1_000;
const UPDATES_PER_SECOND = 10;
const MOST_CORES = 0.3;
/** The last is as long as all points last. */
const SHOWN = ["15m", "6h"];

export const manyPanels: Scenario = {
  number: 21,
  title: "8 panels of 50,000 points each, 10 updates/s",
  async run(bench: Bench) {
    const product = await bench.startProduct({ runtimes: 1 });
    await fillPoints(product);
    const feed = startFeed(product, 1_000 / UPDATES_PER_SECOND, (beat) => [
      { path: "/api/metrics", events: pointsAt(Date.now() * 1_000, POINTS + beat) },
    ]);
    await withBrowser(async (browser) => {
      const { page, close } = await openPage(
        browser,
        `http://127.0.0.1:${product.port}/s/${SYMBOL}`,
      );
      await page
        .getByTestId("metric-panel")
        .nth(METRICS.length - 1)
        .waitFor();
      for (const shown of SHOWN) {
        await page.getByRole("button", { name: shown, exact: true }).click();
        await wait(3_000);
        const cores: number[] = [];
        for (let round = 0; round < bench.rounds; round += 1) {
          const seconds = bench.quick ? 5 : 15;
          const before = rendererCpuSeconds();
          await wait(seconds * 1_000);
          cores.push((rendererCpuSeconds() - before) / seconds);
          await settle(bench.quick);
        }
        bench.measure(`processor of the page, ${shown} shown`, "cores", cores, {
          atMost: MOST_CORES,
        });
      }
      await close();
    });
    await feed.stop();
  },
};

/** As if the updates had come for as long as it takes to have all points. */
async function fillPoints(product: ProductTarget): Promise<void> {
  const stepUs = 1e6 / UPDATES_PER_SECOND;
  const fromUs = Date.now() * 1_000 - POINTS * stepUs;
  const moments = POINTS_A_POST / METRICS.length;
  for (let at = 0; at < POINTS; at += moments) {
    const events = Array.from({ length: moments }, (_, i) =>
      pointsAt(fromUs + (at + i) * stepUs, at + i),
    );
    await postEvents(product, { path: "/api/metrics", events: events.flat() });
  }
}

/** Of each metric one. */
function pointsAt(ts: number, at: number): object[] {
  return METRICS.map((metric, i) => {
    return { symbol: SYMBOL, metric, ts, value: 50 + i + 20 * Math.sin((at + i * 100) / 300) };
  });
}
