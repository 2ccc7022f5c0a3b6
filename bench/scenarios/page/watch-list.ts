import { type Bench, type Scenario, settle } from "../../bench.ts";
import { cpuSeconds } from "../../targets/process-figures.ts";
import { wait } from "../../targets/target.ts";
import { startMarketFeed } from "./market-feed.ts";
import { openPage, rendererCpuSeconds, withBrowser } from "./opened-page.ts";

const MOST_CORES = 0.3;

export const watchList: Scenario = {
  number: 19,
  title: "the market page: 500 symbols, 5,000 events/s",
  async run(bench: Bench) {
    const product = await bench.startProduct({ runtimes: 1 });
    const feed = startMarketFeed(product, "t");
    await wait(2_000);
    await withBrowser(async (browser) => {
      const { page, close } = await openPage(browser, `http://127.0.0.1:${product.port}/`);
      await page.waitForSelector("[data-testid=symbol-row]");
      await wait(3_000);
      const figures = { page: [] as number[], runtime: [] as number[] };
      for (let round = 0; round < bench.rounds; round += 1) {
        const seconds = bench.quick ? 5 : 15;
        const before = [rendererCpuSeconds(), cpuSeconds(product.workerdPid)] as const;
        await wait(seconds * 1_000);
        figures.page.push((rendererCpuSeconds() - before[0]) / seconds);
        figures.runtime.push((cpuSeconds(product.workerdPid) - before[1]) / seconds);
        await settle(bench.quick);
      }
      bench.measure("processor of the page", "cores", figures.page, { atMost: MOST_CORES });
      bench.measure("  of the runtime, pushes and one viewer", "cores", figures.runtime);
      await close();
    });
    await feed.stop();
  },
};
