import { readFileSync } from "node:fs";
import { parse } from "csv-parse/sync";
import type { Page } from "playwright-core";
import { beforeAll, beforeEach, expect, it } from "vitest";
import type {
  HistoryAnswer,
  SeriesAnswer,
  SeriesColumns,
  SymbolSummary,
} from "../../src/protocol/answers/answers.ts";
import { timeText } from "../../web/data/times/times.ts";
import { formatValue } from "../../web/data/words/format.ts";
import { BrowsedProduct } from "./browsing/browsed-product.ts";
import { pushEndedMarket } from "./browsing/ended-market.ts";
import { expectSound } from "./browsing/sound-page.ts";
import { emptyDataDir } from "./product.ts";

/** The page that looks into the past of any metric, over a market of the demo that has ended. */
const browsed = new BrowsedProduct({
  folder: emptyDataDir(),
  context: () => ({ colorScheme: "dark" }),
});
const untilUs = Date.now() * 1_000;
let page: Page;

beforeAll(() => pushEndedMarket(browsed, untilUs));
beforeEach(() => {
  page = browsed.page;
});

const LATENCY = "symbols=BTC-USD&metric=order_latency_ms";

it("a symbol and a metric are chosen by two clicks, and the address leads back to both", async () => {
  await browsed.open("/explore?symbols=");
  const [panel] = await panels();
  const field = page.getByRole("combobox", { name: "Symbols" });
  await field.fill("AAPL,eth");
  const offered = page.locator("#panel-1-Symbols option");
  const texts = () => offered.evaluateAll((all) => all.map((one) => one.getAttribute("value")));
  await expect.poll(texts).toEqual(["AAPL,ETH-USD"]);
  await field.fill("");
  await panel?.getByRole("button", { name: "BTC-USD" }).click();
  await panel?.getByRole("button", { name: "order_latency_ms" }).click();
  await page.getByTestId("line-value").waitFor();
  expect(new URL(page.url()).search).toBe(`?range=1h&${LATENCY}`);
  await page.getByLabel("Aggregate").selectOption("p99");
  await page.waitForURL(/agg=p99/);
  await page.goBack();
  await page.goBack();
  await panel?.getByText("Choose a metric of BTC-USD").waitFor();
  await page.goForward();
  await page.getByTestId("line-value").waitFor();
});

it("opens with how what is traded most has moved, and draws prices and volumes", async () => {
  const { symbols } = await browsed.ask<{ symbols: SymbolSummary[] }>("/api/symbols");
  const turnoverOf = ({ last, volume }: SymbolSummary) => (last ?? 0) * volume;
  const most = symbols.toSorted((a, b) => turnoverOf(b) - turnoverOf(a)).slice(0, 4);
  await browsed.open("/explore");
  await page.getByTestId("line-value").nth(3).waitFor();
  const names = await page.getByRole("list", { name: "Lines" }).locator("span").allTextContents();
  expect(names.toSorted()).toEqual(most.map(({ symbol }) => symbol).toSorted());
  await page.getByLabel("Draw").selectOption("Price");
  await page.waitForURL(/of=price/);
  await page.getByLabel("Symbols", { exact: true }).fill("BTC-USD");
  await page.keyboard.press("Enter");
  await page.waitForURL(/symbols=BTC-USD&of=price$/);
  await expect.poll(() => page.getByTestId("line-value").count()).toBe(1);
  const points = Math.ceil((await widthOfPanel()) / 2);
  expect(points).toBeGreaterThan(240);
  const { bars } = await browsed.ask<HistoryAnswer>("/api/history/BTC-USD?interval=15s&limit=500");
  const rows = await csvOf("CSV: panel 1");
  expect(rows.length).toBeGreaterThan(60);
  expect(Number(rows.at(-1)?.["value"])).toBe(bars.at(-1)?.close);
  await browsed.open("/explore?symbols=NOBODY&of=volume");
  await page.getByTestId("explore-empty").getByText('"price":101.25').waitFor();
});

it("what a panel shows is what the API answers", async () => {
  const bounds = `from=${untilUs - 900e6}&to=${untilUs}`;
  await browsed.open(
    `/explore?${bounds}&${LATENCY}&agg=p99&symbols=_system&metric=portfolio_value`,
  );
  const values = page.getByTestId("line-value");
  await values.nth(1).waitFor();
  const points = Math.ceil((await widthOfPanel()) / 2);
  const asked = async (query: string) =>
    (await browsed.ask<SeriesAnswer>(`/api/series?${query}&${bounds}&points=${points}`)).series[0];
  const p99 = (await asked(`${LATENCY.replace("symbols", "symbol")}&agg=p99`))?.p99 as number[];
  expect(p99.length).toBeGreaterThan(50);
  const range = Math.max(...p99) - Math.min(...p99);
  expect(await values.first().textContent()).toBe(formatValue(p99.at(-1) as number, range));
  const rows = await csvOf("CSV: panel 1");
  expect(rows.map((row) => Number(row["value"]))).toEqual(p99);
  expect(rows.every((row) => row["symbol"] === "BTC-USD" && row["aggregate"] === "p99")).toBe(true);
  const picture = readFileSync(await download("PNG: panel 2"));
  expect(picture.subarray(1, 4).toString()).toBe("PNG");
  // The size of the picture, and not that of nothing.
  expect(picture.readUInt32BE(16)).toBeGreaterThan(400);
});

it("under the cursor each panel tells its value of the same moment", async () => {
  const bounds = `from=${untilUs - 900e6}&to=${untilUs}`;
  await browsed.open(`/explore?${bounds}&${LATENCY}&symbols=ETH-USD&metric=order_latency_ms`);
  await page.getByTestId("line-value").nth(1).waitFor();
  const over = page.locator(".u-over").first();
  await over.hover();
  const moments = page.locator(".explore-moment");
  await moments.nth(1).waitFor();
  const [first, second] = await moments.allTextContents();
  expect(first).toBe(second);
  const shown = await page.getByTestId("line-value").allTextContents();
  const zone = await page.evaluate(() => Intl.DateTimeFormat().resolvedOptions().timeZone);
  const points = Math.ceil((await widthOfPanel()) / 2);
  for (const [at, symbol] of ["BTC-USD", "ETH-USD"].entries()) {
    const query = `symbol=${symbol}&metric=order_latency_ms&${bounds}&points=${points}`;
    const [line] = (await browsed.ask<SeriesAnswer>(`/api/series?${query}`)).series;
    const index = line?.ts.findIndex((us) => timeText("dateClock", us / 1_000, zone) === first);
    expect(shown[at]).toBe(wordOf(line, index ?? -1));
  }
});

it("a part that is dragged over on one panel is what all panels show, and back is all again", async () => {
  const asked: URLSearchParams[] = [];
  page.on("request", (request) => {
    const { pathname, searchParams } = new URL(request.url());
    if (pathname === "/api/series") asked.push(searchParams);
  });
  await browsed.open(`/explore?range=15m&${LATENCY}&symbols=ETH-USD&metric=portfolio_value`);
  await page.getByTestId("line-value").nth(1).waitFor();
  const over = page.locator(".u-over");
  const box = await over.first().boundingBox();
  if (box === null) throw new Error("nothing to drag over");
  await page.mouse.move(box.x + box.width / 4, box.y + 50);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width / 2, box.y + 50, { steps: 5 });
  await page.mouse.up();
  await page.getByTestId("explore-bounds").waitFor();
  const search = new URL(page.url()).searchParams;
  const lengthUs = Number(search.get("to")) - Number(search.get("from"));
  // A quarter of 15 minutes, but for the pixels that a hand is off.
  expect(Math.abs(lengthUs / 225e6 - 1)).toBeLessThan(0.05);
  const ofPart = () => asked.filter((one) => one.get("from") === search.get("from"));
  await expect
    .poll(() => ofPart().map((one) => one.get("metric")))
    .toEqual(expect.arrayContaining(["order_latency_ms", "portfolio_value"]));
  // Reloaded, or sent to somebody, the address shows the same.
  const points = Math.ceil((await widthOfPanel()) / 2);
  const told = await Promise.all(
    ["symbol=BTC-USD&metric=order_latency_ms", "symbol=ETH-USD&metric=portfolio_value"].map(
      async (wanted) => {
        const bounds = `from=${search.get("from")}&to=${search.get("to")}&points=${points}`;
        const [line] = (await browsed.ask<SeriesAnswer>(`/api/series?${wanted}&${bounds}`)).series;
        return wordOf(line, (line?.ts.length ?? 0) - 1);
      },
    ),
  );
  const values = () => page.getByTestId("line-value").allTextContents();
  await page.mouse.move(0, 0);
  await expect.poll(values).toEqual(told);
  await page.reload();
  await expect.poll(values).toEqual(told);
  for (const row of await csvOf("CSV: panel 2")) {
    const us = Date.parse(row["ts"] ?? "") * 1_000;
    // A step may begin before the part that lies in it.
    expect(us).toBeGreaterThan(Number(search.get("from")) - 60e6);
    expect(us).toBeLessThan(Number(search.get("to")));
  }
  await page.getByRole("button", { name: "Zoom out" }).click();
  await page.goBack();
  await page.goBack();
  await page.getByTestId("explore-bounds").waitFor({ state: "detached" });
  expect(new URL(page.url()).searchParams.get("range")).toBe("15m");
});

it("the same time yesterday is a second line, and a day without points is said", async () => {
  const at = Date.now() * 1_000 - 60e6;
  const point = (value: number, ts: number) => ({ symbol: "ONCE", metric: "m", value, ts });
  await browsed.push("/api/metrics", [point(4, at), point(3, at - 86_400e6)]);
  await browsed.open("/explore?range=5m&symbols=ONCE&metric=m");
  await page.getByTestId("line-value").getByText("4").waitFor();
  await page.getByRole("button", { name: "Compare with yesterday" }).click();
  await page.getByText("yesterday 3").waitFor();
  expect((await csvOf("CSV: panel 1")).map(({ value, day }) => [value, day])).toEqual([
    ["4", "now"],
    ["3", "before"],
  ]);
  await page.getByLabel("Symbols", { exact: true }).fill("BTC-USD");
  await page.getByLabel("Metric", { exact: true }).fill("portfolio_value");
  await page.keyboard.press("Enter");
  await page.getByText("no points yesterday at this time").waitFor();
});

it.each([
  ["symbols=NOBODY&metric=m", "Nobody has pushed anything of NOBODY", '"symbol":"NOBODY"'],
  ["symbols=BTC-USD&metric=none", "BTC-USD has no none", '"metric":"none"'],
  [`${LATENCY}&labels=venue:x`, "with the labels venue:x", '"labels":{"venue":"x"}'],
])("%s: says what is missing, and the command that brings it", async (search, words, command) => {
  await browsed.open(`/explore?${search}`);
  const empty = page.getByTestId("explore-empty");
  await empty.getByText(words).waitFor();
  expect(await empty.locator("code").textContent()).toContain(command);
});

it("a symbol of trades alone has no metric, and the command that brings one", async () => {
  await browsed.push("/api/trades", [{ symbol: "PRICED", price: 5, size: 1 }]);
  await browsed.open("/explore?symbols=PRICED");
  const empty = page.getByTestId("explore-empty");
  await empty.getByText("PRICED has no metric.").waitFor();
  expect(await empty.locator("code").textContent()).toContain('"symbol":"PRICED"');
});

it("before anything is pushed there is the command that pushes", async () => {
  await page.route("**/api/symbols*", (route) =>
    route.fulfill({ json: { symbols: [], complete: true } }),
  );
  await browsed.open("/explore");
  await page.getByTestId("explore-empty").getByText("Nothing has been pushed.").waitFor();
});

it("the rate of a single point cannot be told, and its mean can", async () => {
  const ts = Date.now() * 1_000 - 60e6;
  await browsed.push("/api/metrics", [{ symbol: "LONE", metric: "m", value: 7, ts }]);
  await browsed.open("/explore?range=5m&symbols=LONE&metric=m&agg=rate");
  await page.getByText("their rate cannot be told").waitFor();
  await page.getByRole("button", { name: "Show their mean" }).click();
  await page.getByTestId("line-value").getByText("7").waitFor();
});

it("what the server refuses is said, and what it fails at is asked again", async () => {
  await browsed.open(`/explore?${LATENCY}&labels=venue`);
  await page.getByRole("alert").getByText("label:value").waitFor();
  await page.route("**/api/series*", (route) =>
    route.fulfill({ status: 503, json: { detail: "It is away." } }),
  );
  await browsed.open(`/explore?${LATENCY}`);
  await page.getByRole("alert").getByText("It is away. It is asked again by itself.").waitFor();
  await page.unroute("**/api/series*");
  await page.getByTestId("line-value").waitFor();
  await page.getByRole("alert").waitFor({ state: "detached" });
});

it("markup in names of metrics and labels is text", async () => {
  const metric = "<img src=x onerror=document.body.dataset.hit=1>";
  const labels = { "<b>side": "<script>document.body.dataset.hit=1</script>" };
  await browsed.push("/api/metrics", [{ symbol: "MARKUP", metric, value: 1, labels }]);
  await browsed.open("/explore?range=5m&symbols=MARKUP");
  await page.getByTestId("explore-empty").getByRole("button", { name: metric }).click();
  const text = await page.getByRole("list", { name: "Lines" }).textContent();
  expect(text).toContain("<b>side=<script>document.body.dataset.hit=1</script>");
  expect((await csvOf("CSV: panel 1")).map((row) => [row["metric"], row["labels"]])).toEqual([
    [metric, JSON.stringify(labels)],
  ]);
  expect(await page.locator("main img, main script, main b b").count()).toBe(0);
  expect(await page.locator("body").getAttribute("data-hit")).toBeNull();
});

it("a range without a point leads to the newest one, and one without a bar to the newest trade", async () => {
  const ts = Date.now() * 1_000 - 2 * 86_400e6;
  await browsed.push("/api/trades", [{ symbol: "AGED", price: 5, size: 1, ts }]);
  await browsed.open("/explore?range=5m&symbols=AGED&of=price");
  await page.getByRole("button", { name: "Show the time up to it" }).click();
  await page.getByTestId("line-value").getByText("5").waitFor();
  await browsed.open(`/explore?from=1600000000000000&to=1600000060000000&${LATENCY}`);
  await page.getByRole("button", { name: "Show the time up to it" }).click();
  await page.getByTestId("line-value").waitFor();
});

it("the fields of a panel fill their rows on any screen, and none is cut", async () => {
  await browsed.open(`/explore?${LATENCY}&labels=venue:xnas&symbols=BTC-USD&of=change`);
  for (const width of [390, 1_280, 2_560]) {
    await page.setViewportSize({ width, height: 900 });
    for (const panel of await panels()) {
      const fields = await panel.locator(".explore-form .field").evaluateAll((all) =>
        all.map((field) => {
          const { top, right } = field.getBoundingClientRect();
          return {
            top: Math.round(top),
            right: Math.round(right),
            isCut: field.scrollWidth > field.clientWidth,
          };
        }),
      );
      const rows = Map.groupBy(fields, ({ top }) => top);
      const ends = [...rows.values()].map((row) => Math.max(...row.map(({ right }) => right)));
      expect(new Set(ends).size, `${width}: ${ends}`).toBe(1);
      expect(
        fields.filter(({ isCut }) => isCut),
        String(width),
      ).toEqual([]);
    }
  }
});

it("has no fault that axe knows, dark and light, and fits a phone", async () => {
  await expectSound(browsed, `/explore?compare=yesterday&${LATENCY}&symbols=BTC-USD`, "line-value");
});

async function panels() {
  await page.getByTestId("explore-panel").first().waitFor();
  return page.getByTestId("explore-panel").all();
}

async function widthOfPanel(): Promise<number> {
  return page
    .getByTestId("explore-panel")
    .first()
    .evaluate((panel) => panel.clientWidth);
}

/** What a panel writes for a point of a line of means. */
function wordOf(line: SeriesColumns | undefined, index: number): string {
  const range = Math.max(...(line?.max ?? [])) - Math.min(...(line?.min ?? []));
  return formatValue(line?.avg?.[index] ?? Number.NaN, range);
}

/** The rows of a panel's CSV by the names of its columns. */
async function csvOf(button: string): Promise<Record<string, string>[]> {
  const text = readFileSync(await download(button), "utf8");
  return parse(text, { columns: true, record_delimiter: "\r\n" });
}

async function download(button: string): Promise<string> {
  const [file] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("button", { name: button }).click(),
  ]);
  return file.path();
}
