import type { Page } from "playwright-core";
import { beforeAll, beforeEach, expect, it } from "vitest";
import type {
  CorrelationAnswer,
  Figure,
  RiskAnswer,
} from "../../src/protocol/answers/analytics.ts";
import type { AttributionAnswer } from "../../src/protocol/answers/attribution.ts";
import type { LatencyAnswer, SlippageAnswer } from "../../src/protocol/answers/orders.ts";
import { grouped } from "../../web/data/words/digits.ts";
import {
  formatChange,
  formatPercent,
  formatSpan,
  formatValue,
} from "../../web/data/words/format.ts";
import { BrowsedProduct } from "./browsing/browsed-product.ts";
import { pushEndedMarket } from "./browsing/ended-market.ts";
import { expectSound } from "./browsing/sound-page.ts";
import { emptyDataDir } from "./product.ts";

/** The page of analytics, over a market of the demo that has ended. */
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

const LOOKED = "symbols=BTC-USD,ETH-USD,AAPL&interval=1m";

it("correlations are the server's, and a pair's dots are as many as its returns", async () => {
  await browsed.open(`/analytics?${LOOKED}&range=1h`);
  const { pairs } = await browsed.ask<CorrelationAnswer>(
    `/api/analytics/correlation?${LOOKED}&from=now-1h`,
  );
  const cells = page.getByTestId("heat-map").getByRole("button");
  await cells.first().waitFor();
  const shown = await cells.evaluateAll((all) => all.map((one) => one.ariaLabel));
  const told = pairs.map(({ a, b, correlation }) => {
    if (correlation.kind !== "ok") throw new Error(correlation.kind);
    return `${a} and ${b}: ${written(correlation.pearson, 2)}`;
  });
  expect(shown.toSorted()).toEqual(told.toSorted());
  const last = pairs.at(-1);
  if (last?.correlation.kind !== "ok") throw new Error("no correlation");
  const { observations, spearman } = last.correlation;
  expect(observations).toBeGreaterThan(20);
  // By the keyboard as by the mouse.
  await page.getByRole("button", { name: `${last.a} and ${last.b}` }).focus();
  const pair = page.getByTestId("pair");
  await pair.getByText(`Spearman ${written(spearman, 4)}, of ${observations} common`).waitFor();
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
  await browsed.open(`/analytics?${LOOKED}&range=1h`);
  const answer = await browsed.ask<AttributionAnswer>(
    `/api/analytics/attribution?${LOOKED}&from=now-1h`,
  );
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
  await browsed.open(`/analytics?${LOOKED}&range=1h&subject=ETH-USD`);
  const { risk } = await browsed.ask<RiskAnswer>(
    "/api/analytics/risk?symbol=ETH-USD&interval=1m&from=now-1h",
  );
  if (risk.kind !== "ok") throw new Error(risk.kind);
  const percent = ({ value }: Figure) => formatPercent(value ?? Number.NaN);
  const cards = page.getByTestId("risk-cards").getByRole("listitem");
  await cards.first().waitFor();
  const [total, volatility] = await cards.locator("b").allTextContents();
  expect(total).toBe(formatChange(risk.total_return.value ?? Number.NaN));
  expect(volatility).toBe(percent(risk.volatility));
  // A year's return and the three ratios, of one hour.
  expect(await cards.getByText("Too short").count()).toBe(4);
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
  const orders = await browsed.ask<LatencyAnswer>("/api/orders/ETH-USD/latency?from=now-1h");
  const leg = orders.legs.sent_to_acknowledged;
  expect(leg.count).toBeGreaterThan(5);
  const row = page.getByTestId("legs").getByRole("row").nth(1).getByRole("cell");
  const us = [leg.p50_us, leg.p90_us, leg.p99_us, leg.max_us];
  expect((await row.allTextContents()).slice(1)).toEqual([
    String(leg.count),
    ...us.map((each) => formatSpan(each ?? Number.NaN)),
  ]);
  const { mid, opposite } = await browsed.ask<SlippageAnswer>(
    "/api/orders/ETH-USD/slippage?from=now-1h",
  );
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
  await browsed.open(
    `/analytics?symbols=BTC-USD,NOBODY,ETH-USD&interval=1m&range=1h&subject=NOBODY`,
  );
  await page.getByText("Nobody has pushed NOBODY").waitFor();
  expect(await page.locator(".command code").textContent()).toContain('"symbol":"NOBODY"');
  await page.getByRole("button", { name: "BTC-USD and ETH-USD" }).waitFor();
  await page.getByRole("heading", { name: "Risk of BTC-USD" }).waitFor();
});

it("without a price there is no profit and loss, and so no sum of all", async () => {
  await browsed.push("/api/positions", [
    { symbol: "HELD", quantity: 2, avg_price: 5, account: "desk" },
  ]);
  await browsed.open("/analytics?symbols=BTC-USD,HELD&interval=1m&range=1h");
  await page.getByText("HELD: something was held before its first close").waitFor();
  await page.getByText("There is no sum of all without HELD.").waitFor();
  expect(await page.getByTestId("waterfall").count()).toBe(0);
});

it("what is kept in longer bars alone is said to be missing", async () => {
  await page.route("**/api/analytics/risk*", async (route) => {
    const answer = await route.fetch();
    await route.fulfill({ json: { ...(await answer.json()), gone_before: untilUs } });
  });
  await browsed.open(`/analytics?${LOOKED}&range=1h`);
  await page.getByText("is kept in longer bars alone, and is missing here").waitFor();
});

it("a symbol without positions or orders has the commands that push them", async () => {
  await browsed.push("/api/trades", [{ symbol: "BARE", price: 5, size: 1 }]);
  await browsed.open("/analytics?symbols=BARE&interval=1m&range=1h");
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
  await expectSound(browsed, `/analytics?${LOOKED}&range=1h`, "histogram");
});

/** As the page writes it: with the sign of minus, and none where nothing is left of the number. */
function written(value: number, decimals: number): string {
  const text = Math.abs(value).toFixed(decimals);
  return value < 0 && Number(text) > 0 ? `−${text}` : text;
}
