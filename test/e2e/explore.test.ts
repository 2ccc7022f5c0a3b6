import { readFileSync } from "node:fs";
import axe from "axe-core";
import { parse } from "csv-parse/sync";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { backfill } from "../../dev/demo/backfill.ts";
import { Market } from "../../dev/demo/market/market.ts";
import type {
  CorrelationAnswer,
  Figure,
  RiskAnswer,
} from "../../src/protocol/answers/analytics.ts";
import type { SeriesAnswer, SeriesColumns } from "../../src/protocol/answers/answers.ts";
import type { AttributionAnswer } from "../../src/protocol/answers/attribution.ts";
import type { LatencyAnswer, SlippageAnswer } from "../../src/protocol/answers/orders.ts";
import { timeText } from "../../web/data/times/times.ts";
import { grouped } from "../../web/data/words/digits.ts";
import {
  formatChange,
  formatPercent,
  formatSpan,
  formatValue,
} from "../../web/data/words/format.ts";
import { launchBrowser, PATIENCE_MS } from "./browser.ts";
import { emptyDataDir, type RunningProduct, startProduct } from "./product.ts";

/** The pages that look into the past, over a market of the demo that has ended: what they show does not move. */
const folder = emptyDataDir();
const untilUs = Date.now() * 1_000;
let product: RunningProduct;
let token: string;
let browser: Browser;
let context: BrowserContext;
let page: Page;
let pageErrors: string[];

beforeAll(async () => {
  product = await startProduct({ dataDir: folder.dataDir });
  token = await product.token();
  browser = await launchBrowser();
  await pushMarket();
}, PATIENCE_MS);

afterAll(async () => {
  await browser?.close();
  await product?.killGroup();
  folder.remove();
});

beforeEach(async () => {
  context = await browser.newContext({ viewport: { width: 1_280, height: 800 }, locale: "en-US" });
  pageErrors = [];
  await newPage("dark");
});

afterEach(async () => {
  await context.close();
  expect(pageErrors).toEqual([]);
});

describe("explore", () => {
  const LATENCY = "symbols=BTC-USD&metric=order_latency_ms";

  it("a symbol and a metric are chosen by two clicks, and the address leads back to both", async () => {
    await open("/explore");
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

  it("what a panel shows is what the API answers", async () => {
    const bounds = `from=${untilUs - 900e6}&to=${untilUs}`;
    await open(`/explore?${bounds}&${LATENCY}&agg=p99&symbols=_system&metric=portfolio_value`);
    const values = page.getByTestId("line-value");
    await values.nth(1).waitFor();
    const points = Math.ceil((await widthOfPanel()) / 2);
    const asked = async (query: string) =>
      (await ask<SeriesAnswer>(`/api/series?${query}&${bounds}&points=${points}`)).series[0];
    const p99 = (await asked(`${LATENCY.replace("symbols", "symbol")}&agg=p99`))?.p99 as number[];
    expect(p99.length).toBeGreaterThan(50);
    const range = Math.max(...p99) - Math.min(...p99);
    expect(await values.first().textContent()).toBe(formatValue(p99.at(-1) as number, range));
    const rows = await csvOf("CSV: panel 1");
    expect(rows.map((row) => Number(row["value"]))).toEqual(p99);
    expect(rows.every((row) => row["symbol"] === "BTC-USD" && row["aggregate"] === "p99")).toBe(
      true,
    );
    const picture = readFileSync(await download("PNG: panel 2"));
    expect(picture.subarray(1, 4).toString()).toBe("PNG");
    // The size of the picture, and not that of nothing.
    expect(picture.readUInt32BE(16)).toBeGreaterThan(400);
  });

  it("under the cursor each panel tells its value of the same moment", async () => {
    const bounds = `from=${untilUs - 900e6}&to=${untilUs}`;
    await open(`/explore?${bounds}&${LATENCY}&symbols=ETH-USD&metric=order_latency_ms`);
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
      const [line] = (await ask<SeriesAnswer>(`/api/series?${query}`)).series;
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
    await open(`/explore?range=15m&${LATENCY}&symbols=ETH-USD&metric=portfolio_value`);
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
          const [line] = (await ask<SeriesAnswer>(`/api/series?${wanted}&${bounds}`)).series;
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
    await push("/api/metrics", [point(4, at), point(3, at - 86_400e6)]);
    await open("/explore?range=5m&symbols=ONCE&metric=m");
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
    await open(`/explore?${search}`);
    const empty = page.getByTestId("explore-empty");
    await empty.getByText(words).waitFor();
    expect(await empty.locator("code").textContent()).toContain(command);
  });

  it("a symbol of trades alone has no metric, and the command that brings one", async () => {
    await push("/api/trades", [{ symbol: "PRICED", price: 5, size: 1 }]);
    await open("/explore?symbols=PRICED");
    const empty = page.getByTestId("explore-empty");
    await empty.getByText("PRICED has no metric.").waitFor();
    expect(await empty.locator("code").textContent()).toContain('"symbol":"PRICED"');
  });

  it("before anything is pushed there is the command that pushes", async () => {
    await page.route("**/api/symbols*", (route) =>
      route.fulfill({ json: { symbols: [], complete: true } }),
    );
    await open("/explore");
    await page.getByTestId("explore-empty").getByText("Nothing has been pushed.").waitFor();
  });

  it("the rate of a single point cannot be told, and its mean can", async () => {
    const ts = Date.now() * 1_000 - 60e6;
    await push("/api/metrics", [{ symbol: "LONE", metric: "m", value: 7, ts }]);
    await open("/explore?range=5m&symbols=LONE&metric=m&agg=rate");
    await page.getByText("their rate cannot be told").waitFor();
    await page.getByRole("button", { name: "Show their mean" }).click();
    await page.getByTestId("line-value").getByText("7").waitFor();
  });

  it("what the server refuses is said, and what it fails at is asked again", async () => {
    await open(`/explore?${LATENCY}&labels=venue`);
    await page.getByRole("alert").getByText("label:value").waitFor();
    await page.route("**/api/series*", (route) =>
      route.fulfill({ status: 503, json: { detail: "It is away." } }),
    );
    await open(`/explore?${LATENCY}`);
    await page.getByRole("alert").getByText("It is away. It is asked again by itself.").waitFor();
    await page.unroute("**/api/series*");
    await page.getByTestId("line-value").waitFor();
    await page.getByRole("alert").waitFor({ state: "detached" });
  });

  it("markup in names of metrics and labels is text", async () => {
    const metric = "<img src=x onerror=document.body.dataset.hit=1>";
    const labels = { "<b>side": "<script>document.body.dataset.hit=1</script>" };
    await push("/api/metrics", [{ symbol: "MARKUP", metric, value: 1, labels }]);
    await open("/explore?range=5m&symbols=MARKUP");
    await page.getByTestId("explore-empty").getByRole("button", { name: metric }).click();
    const text = await page.getByRole("list", { name: "Lines" }).textContent();
    expect(text).toContain("<b>side=<script>document.body.dataset.hit=1</script>");
    expect((await csvOf("CSV: panel 1")).map((row) => [row["metric"], row["labels"]])).toEqual([
      [metric, JSON.stringify(labels)],
    ]);
    expect(await page.locator("main img, main script, main b b").count()).toBe(0);
    expect(await page.locator("body").getAttribute("data-hit")).toBeNull();
  });

  it("a range without a point leads to the newest one", async () => {
    await open(`/explore?from=1600000000000000&to=1600000060000000&${LATENCY}`);
    await page.getByRole("button", { name: "Show the time up to it" }).click();
    await page.getByTestId("line-value").waitFor();
  });

  it("has no fault that axe knows, dark and light, and fits a phone", async () => {
    await sound(`/explore?compare=yesterday&${LATENCY}&symbols=BTC-USD`, "line-value");
  });
});

describe("analytics", () => {
  const LOOKED = "symbols=BTC-USD,ETH-USD,AAPL&interval=1m";

  it("correlations are the server's, and a pair's dots are as many as its returns", async () => {
    await open(`/analytics?${LOOKED}&range=1h`);
    const { pairs } = await ask<CorrelationAnswer>(
      `/api/analytics/correlation?${LOOKED}&from=now-1h`,
    );
    const cells = page.getByTestId("heat-map").getByRole("button");
    await cells.first().waitFor();
    const shown = await cells.evaluateAll((all) => all.map((one) => one.ariaLabel));
    const told = pairs.map(({ a, b, correlation }) => {
      if (correlation.kind !== "ok") throw new Error(correlation.kind);
      return `${a} and ${b}: ${correlation.pearson.toFixed(2)}`;
    });
    expect(shown.toSorted()).toEqual(told.toSorted());
    const last = pairs.at(-1);
    if (last?.correlation.kind !== "ok") throw new Error("no correlation");
    const { observations, spearman } = last.correlation;
    expect(observations).toBeGreaterThan(20);
    // By the keyboard as by the mouse.
    await page.getByRole("button", { name: `${last.a} and ${last.b}` }).focus();
    const pair = page.getByTestId("pair");
    await pair.getByText(`Spearman ${spearman.toFixed(4)}, of ${observations} common`).waitFor();
    await page.locator(`[data-testid=scatter][data-points="${observations}"]`).waitFor();
    await page.getByRole("button", { name: "BTC-USD and ETH-USD" }).hover();
    await pair.getByRole("heading", { name: "BTC-USD and ETH-USD" }).waitFor();
    // One stop of Tab for all cells, and arrows from one to the next.
    expect(await page.getByTestId("heat-map").locator("[tabindex='0']").count()).toBe(1);
    await page.getByRole("button", { name: "BTC-USD and ETH-USD" }).focus();
    await page.keyboard.press("ArrowDown");
    await pair.getByRole("heading", { name: "BTC-USD and AAPL" }).waitFor();
    await page.keyboard.press("ArrowRight");
    await pair.getByRole("heading", { name: "ETH-USD and AAPL" }).waitFor();
  });

  it("profit and loss lead from value to value to the cent", async () => {
    await open(`/analytics?${LOOKED}&range=1h`);
    const answer = await ask<AttributionAnswer>(`/api/analytics/attribution?${LOOKED}&from=now-1h`);
    if (answer.total.kind !== "ok") throw new Error(answer.total.kind);
    const amounts = (testId: string) => page.getByTestId(testId).locator("b").allTextContents();
    await page.getByTestId("waterfall").waitFor();
    const pnl = answer.by_symbol.map(({ pnl: of }) => (of.kind === "ok" ? of.pnl : Number.NaN));
    const { start_value: start, end_value: end, net_flow: flow } = answer.total;
    const written = (amount: number) => grouped(amount, 2);
    expect(await amounts("pnl-bars")).toEqual(pnl.map(written));
    expect(await amounts("waterfall")).toEqual([start, ...pnl, flow, end].map(written));
  });

  it("risk and orders are the server's, and each figure leads to its definition", async () => {
    await open(`/analytics?${LOOKED}&range=1h&subject=ETH-USD`);
    const { risk } = await ask<RiskAnswer>(
      "/api/analytics/risk?symbol=ETH-USD&interval=1m&from=now-1h",
    );
    if (risk.kind !== "ok") throw new Error(risk.kind);
    const percent = ({ value }: Figure) => formatPercent(value ?? Number.NaN);
    const cards = page.getByTestId("risk-cards").getByRole("listitem");
    await cards.first().waitFor();
    const [total, , volatility] = await cards.locator("b").allTextContents();
    expect(total).toBe(formatChange(risk.total_return.value ?? Number.NaN));
    expect(volatility).toBe(percent(risk.volatility));
    if (risk.max_drawdown.kind !== "drawdown") throw new Error("no drawdown");
    await cards.last().getByText(formatChange(risk.max_drawdown.depth), { exact: true }).waitFor();
    await page.getByRole("img", { name: "Drawdown" }).waitFor();
    const tails = await page.getByTestId("tails").getByRole("cell").allTextContents();
    const losses = (["historical", "gaussian", "cornish_fisher"] as const).flatMap((method) =>
      risk.tails.flatMap(({ [method]: of }) => [of.value_at_risk, of.expected_shortfall]),
    );
    expect(tails).toEqual(losses.map(percent));
    await page.locator(`[data-testid=histogram][data-returns="${risk.observations}"]`).waitFor();
    expect(await page.getByTestId("loss-line").allTextContents()).toEqual(
      risk.tails.map(
        ({ level, historical }) => `VaR ${level * 100} %: ${percent(historical.value_at_risk)}`,
      ),
    );
    const orders = await ask<LatencyAnswer>("/api/orders/ETH-USD/latency?from=now-1h");
    const leg = orders.legs.sent_to_acknowledged;
    expect(leg.count).toBeGreaterThan(5);
    const row = page.getByTestId("legs").getByRole("row").nth(1).getByRole("cell");
    const us = [leg.p50_us, leg.p90_us, leg.p99_us, leg.max_us];
    expect((await row.allTextContents()).slice(1)).toEqual([
      String(leg.count),
      ...us.map((each) => formatSpan(each ?? Number.NaN)),
    ]);
    const { mid, opposite } = await ask<SlippageAnswer>("/api/orders/ETH-USD/slippage?from=now-1h");
    expect(await page.getByTestId("slippage").locator("b").allTextContents()).toEqual(
      [mid, opposite].map(({ basis_points: points }) =>
        points === null ? "unknown" : `${formatValue(points)} bp`,
      ),
    );
    const links = await page
      .locator("a.defined")
      .evaluateAll((all) => all.map((one) => one.getAttribute("href") ?? ""));
    expect(links.length).toBeGreaterThan(15);
    await page.getByRole("link", { name: "Sharpe ratio" }).click();
    await page.waitForURL(/\/docs#figure-sharpe$/);
    for (const link of new Set(links)) {
      expect(await page.locator(`[id="${link.split("#")[1]}"]`).count(), link).toBe(1);
    }
  });

  it("a symbol that nobody has pushed is named, and keeps nothing from the others", async () => {
    await open(`/analytics?symbols=BTC-USD,NOBODY,ETH-USD&interval=1m&range=1h&subject=NOBODY`);
    await page.getByText("Nobody has pushed NOBODY").waitFor();
    expect(await page.locator(".command code").textContent()).toContain('"symbol":"NOBODY"');
    await page.getByRole("button", { name: "BTC-USD and ETH-USD" }).waitFor();
    await page.getByRole("heading", { name: "Risk of BTC-USD" }).waitFor();
  });

  it("without a price there is no profit and loss, and so no sum of all", async () => {
    await push("/api/positions", [{ symbol: "HELD", quantity: 2, avg_price: 5, account: "desk" }]);
    await open("/analytics?symbols=BTC-USD,HELD&interval=1m&range=1h");
    await page.getByText("HELD: something was held before its first close").waitFor();
    await page.getByText("There is no sum of all without HELD.").waitFor();
    expect(await page.getByTestId("waterfall").count()).toBe(0);
  });

  it("what is kept in longer bars alone is said to be missing", async () => {
    await page.route("**/api/analytics/risk*", async (route) => {
      const answer = await route.fetch();
      await route.fulfill({ json: { ...(await answer.json()), gone_before: untilUs } });
    });
    await open(`/analytics?${LOOKED}&range=1h`);
    await page.getByText("is kept in longer bars alone, and is missing here").waitFor();
  });

  it("a symbol without positions or orders has the commands that push them", async () => {
    await push("/api/trades", [{ symbol: "BARE", price: 5, size: 1 }]);
    await open("/analytics?symbols=BARE&interval=1m&range=1h");
    await page.getByText("BARE: nobody has pushed a position of it").waitFor();
    await page.getByText("0 returns, and 3 are needed").waitFor();
    await page.getByText("No order began in this time.").waitFor();
    const commands = await page.locator(".command code").allTextContents();
    expect(commands.map((text) => /\/api\/\w+/.exec(text)?.[0])).toEqual([
      "/api/positions",
      "/api/orders",
    ]);
  });

  it("has no fault that axe knows, dark and light, and fits a phone", async () => {
    await sound(`/analytics?${LOOKED}&range=1h`, "histogram");
  });
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

async function sound(path: string, testId: string): Promise<void> {
  for (const colorScheme of ["dark", "light"] as const) {
    await newPage(colorScheme);
    await open(path);
    await page.getByTestId(testId).first().waitFor();
    await page.evaluate(axe.source);
    const faults = await page.evaluate(async () => {
      const { violations } = await (window as unknown as { axe: typeof axe }).axe.run();
      return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target)}`);
    });
    expect(faults, `${path} ${colorScheme}`).toEqual([]);
  }
  await page.setViewportSize({ width: 390, height: 844 });
  // A chart follows the width of its panel a frame later.
  const width = () => page.evaluate(() => document.documentElement.scrollWidth);
  await expect.poll(width, { message: path }).toBe(390);
}

async function newPage(colorScheme: "dark" | "light"): Promise<void> {
  await page?.close();
  page = await context.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  page.on("pageerror", (error) => pageErrors.push(error.message));
  await page.emulateMedia({ colorScheme });
}

async function open(path: string): Promise<void> {
  await page.addInitScript((kept) => sessionStorage.setItem("edgetape.token", kept), token);
  await page.goto(`${product.url}${path}`);
}

async function ask<T>(path: string): Promise<T> {
  const answer = await fetch(`${product.url}${path}`, {
    headers: { authorization: `Bearer ${token}` },
  });
  return (await answer.json()) as T;
}

async function push(path: string, events: readonly object[]): Promise<void> {
  const answer = await fetch(`${product.url}${path}`, {
    ...{ method: "POST", body: JSON.stringify(events) },
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
  });
  expect(answer.status, await answer.text()).toBe(202);
}

/** Half an hour of the demo's market, up to now and no further. */
async function pushMarket(): Promise<void> {
  const market = new Market({ seed: "1", tradesPerSecond: 60 });
  await backfill({ push, onPushed() {} }, market, untilUs - 1_800e6, untilUs);
}
