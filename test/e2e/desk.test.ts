import type { Page } from "playwright-core";
import { beforeEach, expect, it } from "vitest";
import type { BookAnswer, SymbolsAnswer } from "../../src/protocol/answers/answers.ts";
import type { AttributionAnswer } from "../../src/protocol/answers/attribution.ts";
import type { NotesAnswer, OrderAnswer } from "../../src/protocol/answers/orders.ts";
import type { Level } from "../../src/protocol/events/book.ts";
import { fieldText } from "../../web/data/times/zone-moment.ts";
import { BrowsedProduct } from "./browsing/browsed-product.ts";
import { paintLate } from "./browsing/late-paint.ts";
import { axeFaults } from "./browsing/sound-page.ts";
import { setWrongClock } from "./browsing/wrong-clock.ts";
import { emptyDataDir } from "./product.ts";

/** The desk's pages beside those of symbols: one product and one browser for all. */
const ID = "req-7f3a/1";
const HOUR_US = 3_600e6;
/** The day of the pages is never about to begin or to end. */
const NOON = 12;
const zoneAtNoon = () => `Etc/GMT${new Date().getUTCHours() - NOON}`.replace(/T(?=\d)/, "T+");
const nowUs = () => Date.now() * 1_000;

const browsed = new BrowsedProduct({
  folder: emptyDataDir(),
  context: () => ({ timezoneId: zoneAtNoon() }),
});
let page: Page;

beforeEach(() => {
  page = browsed.page;
});

it("one order's life is told over services, legs and all, and goes on by itself", async () => {
  const at = nowUs();
  const order = { symbol: "DESK-1", id: "A-1", side: "buy", quantity: 2, price: 100, venue: "X" };
  const bears = { correlation_id: ID };
  await browsed.push("/api/orders", [
    { ...order, ...bears, status: "sent", ts: at },
    { ...order, ...bears, status: "acknowledged", ts: at + 2_400 },
    { ...order, ...bears, status: "filled", filled: 2, avg_price: 99.5, ts: at + 18_800 },
  ]);
  const line = { ...bears, symbol: "DESK-1", service: "router" };
  await browsed.push("/api/logs", [
    { ...line, ts: at - 1_000, level: "info", event: "route chosen" },
  ]);
  await browsed.open("/s/DESK-1");
  await page.getByTestId("order-row").getByRole("link").click();
  await page.getByRole("heading", { name: "Trace", exact: true }).waitFor();
  expect(new URL(page.url()).pathname).toBe(`/trace/${encodeURIComponent(ID)}`);
  await page.getByTestId("trace-summary").getByText("4 events in 19.8 ms").waitFor();
  const legs = page.getByRole("list", { name: "Legs of orders" }).getByRole("listitem");
  expect(await legs.allTextContents()).toEqual([
    "A-1: sent to acknowledged 2.40 ms",
    "A-1: acknowledged to filled 16.4 ms",
  ]);
  const words = page.getByTestId("trace").locator(".words");
  expect(await words.allTextContents()).toEqual([
    "router: route chosen",
    "sent: A-1, buy 2, limit 100.00, X",
    "acknowledged: A-1, buy 2, limit 100.00, X",
    "filled: A-1, buy 2, limit 100.00, 2 filled at 99.50, X",
  ]);
  await browsed.push("/api/logs", [
    { ...line, ts: at + 20_000, level: "error", event: "<b>late</b>" },
  ]);
  await page.getByTestId("trace").getByText("router: <b>late</b>").waitFor();
  // Another id is typed in.
  await page.getByLabel("Correlation id").fill("nobody");
  await page.keyboard.press("Enter");
  await page.getByTestId("trace-empty").waitFor();
  // Who knows none chooses one, or pastes what asks for it.
  await page.getByRole("link", { name: "Trace", exact: true }).click();
  await page.getByText(`curl -sS '${browsed.product.url}/api/trace/req-7f3a%2F1'`).waitFor();
  const recent = page.getByRole("list", { name: "The newest orders that bear an id" });
  await recent.getByRole("link", { name: ID }).click();
  await page.getByTestId("trace-summary").waitFor();
});

it("before any order bears an id, the page of traces has the command that pushes one", async () => {
  await page.route("**/api/orders/*", (route) => route.fulfill({ json: { orders: [] } }));
  await browsed.open("/trace");
  await page.getByText('"correlation_id":"req-1"').waitFor();
});

it.each([1, -1])("a device whose clock is %i h wrong goes by the server's time", async (hours) => {
  const point = { symbol: "CLOCK", metric: "m", value: 7 };
  await browsed.push("/api/metrics", [point]);
  await browsed.push("/api/trades", [{ symbol: "CLOCK", price: 5, size: 1 }]);
  page = await browsed.newPage();
  await setWrongClock(page, hours * 3_600_000);
  await browsed.open("/s/CLOCK");
  await page.locator("[data-testid=connection-state][data-state=live]").waitFor();
  await expect.poll(() => page.locator(".top-bar").innerText()).not.toContain("quiet");
  await browsed.open("/explore?range=5m&symbols=CLOCK&metric=m");
  await expect.poll(() => page.getByTestId("line-value").textContent()).toMatch(/^7/);
});

it("I-12 bars that are posted come onto a chart that is open", async () => {
  const minuteUs = (ago: number) => (Math.floor(nowUs() / 60e6) - ago) * 60e6;
  await browsed.push("/api/trades", [{ symbol: "POSTED", price: 5, size: 1 }]);
  await browsed.open("/s/POSTED?interval=1m");
  await page.waitForFunction(() => window.__edgetape?.bars().length === 1);
  const flat = { open: 90, high: 95, low: 85, close: 91, volume: 3 };
  await browsed.push("/api/bars", [
    { symbol: "POSTED", interval: "1m", ts: minuteUs(30), ...flat },
    { symbol: "POSTED", interval: "1m", ts: minuteUs(300), ...flat },
  ]);
  await page.waitForFunction(() => window.__edgetape?.bars().length === 3);
});

it("OR-3 N-1 the chart marks orders, fills and notes as the server has them, and leaves off what one asks it to", async () => {
  // So long ago that the head of the page has its last line, and nothing below it moves any more.
  const at = nowUs() - 120e6;
  const trade = (s: number) => ({ symbol: "DESK-6", price: 100 + s, size: 1, ts: at + s * 1e6 });
  await browsed.push("/api/trades", [0, 1, 2, 3, 4, 5].map(trade));
  // A market order has no price: where it was sent is in the list alone.
  const order = { symbol: "DESK-6", id: "B-1", side: "buy", quantity: 3 };
  const state = (status: string, s: number, more = {}) => [
    { ...order, status, ts: at + s * 1e6, ...more },
  ];
  await browsed.push("/api/orders", state("sent", 1));
  await browsed.push("/api/orders", state("partially_filled", 2, { filled: 1, avg_price: 101 }));
  await browsed.push("/api/notes", [
    { symbol: "DESK-6", text: "<i>halt</i>", level: "warn", ts: at + 3e6 },
  ]);
  await browsed.open("/s/DESK-6?interval=1s");
  const words = async () => {
    const texts = await page.getByTestId("marks").locator("li").allTextContents();
    return texts.map((text) => text.replace(/^\S+ (AM |PM )?/, ""));
  };
  await expect.poll(words).toEqual(["<i>halt</i>", "filled buy 1 at 101.00"]);
  await browsed.push("/api/orders", state("filled", 4, { filled: 3, avg_price: 103 }));
  await browsed.push("/api/orders", state("sent", 5, { id: "B-2", side: "sell", price: 102 }));
  await page.getByTestId("order-row").filter({ hasText: "B-2" }).waitFor();
  const { orders } = await browsed.ask<OrderAnswer>("/api/orders/DESK-6/B-1");
  const fills = orders[0]?.fills.map(
    ({ quantity, price }) => `filled buy ${quantity} at ${price?.toFixed(2)}`,
  );
  const { notes } = await browsed.ask<NotesAnswer>("/api/notes/DESK-6");
  expect(fills).toEqual(["filled buy 1 at 101.00", "filled buy 2 at 104.00"]);
  const expected = ["sent sell 3 at 102.00", fills?.[1], notes[0]?.text, fills?.[0]];
  await expect.poll(words).toEqual(expected);

  await page.getByTestId("as-of").waitFor();
  await page.getByText("Layers", { exact: true }).click();
  const box = await page.getByTestId("candle-chart").boundingBox();
  if (box === null) throw new Error("the chart has no box");
  // All but the left edge and what lies over the chart on the right.
  const clip = { x: box.x + 60, y: box.y + 34, width: box.width - 260, height: box.height - 80 };
  const seen = async () => (await page.screenshot({ clip })).toString("base64");
  for (const layer of ["Orders", "Notes", "Last price", "Volume"]) {
    const whole = await seen();
    await page.getByRole("checkbox", { name: layer }).uncheck();
    await expect.poll(seen, { message: layer }).not.toBe(whole);
    await page.getByRole("checkbox", { name: layer }).check();
    await expect.poll(seen, { message: layer }).toBe(whole);
  }
});

it("candles and panels have one axis of time: one crosshair, and who moves one moves the other", async () => {
  // The price of each second is 100 more than the value of its point.
  const at = Math.floor(nowUs() / 1e6) * 1e6 - 600e6;
  const seconds = Array.from({ length: 500 }, (_, i) => i);
  const of = (i: number) => ({ symbol: "DESK-8", ts: at + i * 1e6 });
  await browsed.push(
    "/api/trades",
    seconds.map((i) => ({ ...of(i), price: 100 + i, size: 1 })),
  );
  await browsed.push(
    "/api/metrics",
    seconds.map((i) => ({ ...of(i), metric: "second", value: i })),
  );
  const series: string[] = [];
  page.on("request", (request) => {
    if (request.url().includes("/api/series")) series.push(request.url());
  });
  await browsed.open("/s/DESK-8?interval=1s");
  const candles = page.getByTestId("candle-chart");
  const panel = page.getByTestId("metric-panel").locator(".u-over");
  const pointAt = async (chart: typeof panel, share: number, offPx = 0) => {
    const box = await chart.boundingBox();
    if (box === null) throw new Error("the chart has no box");
    await page.mouse.move(box.x + box.width * share + offPx, box.y + box.height / 2);
  };
  const number = async (place: typeof panel) =>
    Number.parseFloat((await place.textContent()) ?? "");
  /** The second pointed at, once both say the same: a bar is in the midst of its second, a point at its beginning. */
  const agreed = async (chart: typeof panel, share: number): Promise<number> => {
    let value = Number.NaN;
    const difference = async () => {
      // Points may have come since: the pointer has to stir.
      await pointAt(chart, share, 1);
      await pointAt(chart, share);
      const close = await number(page.locator(".bar-legend b").nth(3));
      value = await number(page.getByTestId("metric-panel").locator(".value"));
      return Math.abs(close - 100 - value);
    };
    await expect.poll(difference, { message: `at ${share}` }).toBeLessThan(1.01);
    return value;
  };
  const drag = async (chart: typeof panel) => {
    await pointAt(chart, 0.3);
    await page.mouse.down();
    for (const share of [0.4, 0.5, 0.6, 0.7]) await pointAt(chart, share);
    await page.mouse.up();
  };
  await panel.waitFor();
  const newest = await agreed(candles, 0.5);
  expect(await agreed(panel, 0.2)).toBeLessThan(await agreed(panel, 0.8));
  // The panel waits for what candles show: a range of its own has a step.
  expect(series.filter((url) => url.includes("step="))).toEqual([]);
  await drag(candles);
  const before = await agreed(panel, 0.5);
  expect(before).toBeLessThan(newest - 20);
  await drag(panel);
  expect(await agreed(candles, 0.5)).toBeLessThan(before - 20);
  await page.locator(".to-newest").click();
  // What is newest moves on while this goes on.
  await expect.poll(() => agreed(candles, 0.5)).toBeGreaterThan(before);
});

it("what candles or the address show is asked for once, however late the page paints", async () => {
  const at = Math.floor(nowUs() / 1e6) * 1e6 - 300e6;
  const seconds = Array.from({ length: 30 }, (_, i) => i);
  const of = (i: number) => ({ symbol: "DESK-9", ts: at + i * 1e6 });
  await browsed.push(
    "/api/trades",
    seconds.map((i) => ({ ...of(i), price: 100 + i, size: 1 })),
  );
  // Metrics go on after the last bar.
  await browsed.push(
    "/api/metrics",
    seconds.map((i) => ({ ...of(i * 9), metric: "second", value: i })),
  );
  const iso = (s: number) => new Date((at + s * 1e6) / 1_000).toISOString();
  for (const [i, range] of ["", `&from=${iso(5)}&to=${iso(15)}`].entries()) {
    page = await browsed.newPage();
    const asked: string[] = [];
    page.on("request", (request) => {
      const { pathname, search } = new URL(request.url());
      if (/^.api.(series|metrics.names)$/.test(pathname)) asked.push(pathname + search);
    });
    await paintLate(page);
    await browsed.open(`/s/DESK-9?interval=1s${range}`);
    await page.getByTestId("metric-panel").locator(".u-over").waitFor();
    // Painted once more, the page has all that it asked for at first.
    await browsed.push("/api/trades", [{ ...of(280 + i), price: 7.25 + i, size: 1 }]);
    await page
      .getByTestId("last-price")
      .getByText((7.25 + i).toFixed(2))
      .waitFor();
    expect(asked.map((url) => url.replace(/[?].*/, ""))).toEqual([
      ...["/api/metrics/names", "/api/series"],
    ]);
    expect(asked[1]).not.toContain("step=");
  }
});

it("a symbol that has metrics alone is shown over a range too, with the address of any other", async () => {
  const minute = 60e6;
  const at = Math.floor(nowUs() / minute) * minute - 30 * minute;
  await browsed.push(
    "/api/metrics",
    Array.from({ length: 30 }, (_, i) => {
      return { symbol: "DESK-10", metric: "minute", value: i, ts: at + i * minute };
    }),
  );
  const iso = (minutes: number) =>
    new Date((at + minutes * minute) / 1_000).toISOString().replace(":00.000Z", "Z");
  const newestIs = (value: number) =>
    expect
      .poll(async () =>
        Number.parseFloat(
          (await page.getByTestId("metric-panel").locator(".value").innerText()) || "-1",
        ),
      )
      .toBe(value);
  const form = page.locator(".range-form");
  const preset = page.getByRole("button", { name: "1h", exact: true });
  await browsed.open(`/s/DESK-10?interval=1m&from=${iso(5)}&to=${iso(10)}`);
  await newestIs(9);
  expect(await preset.getAttribute("aria-pressed")).toBe("false");
  await preset.click();
  await newestIs(29);
  expect(new URL(page.url()).search).toBe("?interval=1m");
  expect(await preset.getAttribute("aria-pressed")).toBe("true");
  await form.locator("summary").click();
  const zone = await page.evaluate(() => Intl.DateTimeFormat().resolvedOptions().timeZone);
  await form.getByLabel("From").fill(fieldText(at + 11 * minute, zone));
  await form.getByLabel("To").fill(fieldText(at + 20 * minute, zone));
  await form.getByRole("button", { name: "Show" }).click();
  await newestIs(19);
  const { search } = new URL(page.url());
  expect(search).toBe(`?interval=1m&from=${iso(11)}&to=${iso(20)}`);
  await page.reload();
  await newestIs(19);
  // The form begins with what is in sight.
  await form.locator("summary").click();
  const shown = await form.getByLabel("To").inputValue();
  expect(fieldText(at + 20 * minute, zone).startsWith(shown)).toBe(true);
});

it("the head of a panel has the last value, live and after a reload, whatever the step of its points", async () => {
  // Three points of one step of 5 s, which is that of the range shown first.
  const at = Math.floor(nowUs() / 5e6) * 5e6 - 60e6;
  const point = (value: number, ts: number) => ({ symbol: "DESK-11", metric: "depth", value, ts });
  const labelled = (value: number, venue: string) => ({
    ...{ ...point(value, at), metric: "orders", labels: { venue } },
  });
  await browsed.push("/api/metrics", [
    ...[10, 20, 60].map((value, i) => point(value, at + i * 1e6)),
    ...[labelled(1, "X"), labelled(5, "X"), labelled(2, "Y")],
  ]);
  const shown = async (metric: string, place: string) =>
    (await page.locator(`[data-metric=${metric}] ${place}`).allInnerTexts()).map(Number);
  const head = () => shown("depth", ".value");
  await browsed.open("/s/DESK-11");
  await expect.poll(head).toEqual([60]);
  await expect.poll(() => shown("orders", ".metric-legend b")).toEqual([5, 2]);
  await browsed.push("/api/metrics", [point(30, at + 3e6)]);
  await expect.poll(head).toEqual([30]);
  await page.reload();
  await expect.poll(head).toEqual([30]);
});

it("depth, imbalance and spread are those of the server's book", async () => {
  const levels = (from: number, step: number) =>
    Array.from({ length: 60 }, (_, i) => [from + i * step, 1 + (i % 7)]);
  const book = {
    symbol: "DESK-7",
    type: "snapshot",
    bids: levels(99.5, -0.5),
    asks: levels(101, 1),
  };
  await browsed.push("/api/books", [book]);
  await browsed.open("/s/DESK-7");
  const { book: told } = await browsed.ask<BookAnswer>("/api/books/DESK-7?depth=50");
  const total = (side: readonly Level[] = []) => side.reduce((sum, [, size]) => sum + size, 0);
  const [bid, asked] = [total(told?.bids), total(told?.asks)];
  const share = ((bid - asked) / (bid + asked)) * 100;
  const shown = page.getByTestId("imbalance");
  await shown.waitFor();
  expect(await shown.textContent()).toBe(`${share.toFixed(2)} %`);
  const depth = page.getByRole("img", { name: /^Depth/ });
  expect(await depth.getAttribute("aria-label")).toBe(
    `Depth: ${bid} bid down to ${told?.bids.at(-1)?.[0].toFixed(2)}; ${asked} asked up to ${told?.asks.at(-1)?.[0].toFixed(2)}`,
  );
  const pane = page.getByTestId("book-pane");
  const spread = (told?.asks[0]?.[0] ?? 0) - (told?.bids[0]?.[0] ?? 0);
  expect(await pane.locator(".book-spread b").textContent()).toBe(spread.toFixed(2));
  // A change moves it.
  await browsed.push("/api/books", [
    { symbol: "DESK-7", type: "diff", bids: [[99.5, 500]], asks: [] },
  ]);
  const moved = ((bid + 499 - asked) / (bid + 499 + asked)) * 100;
  await shown.getByText(`+${moved.toFixed(2)} %`).waitFor();
});

it("a rule is tried over the past, set, fires, and is deleted, all by the page", async () => {
  const at = nowUs();
  const point = (value: number, ts: number) => ({ symbol: "DESK-2", metric: "lag_ms", value, ts });
  await browsed.push("/api/metrics", [point(1, at - 9e6), point(9, at - 6e6), point(2, at - 3e6)]);
  await browsed.open("/alerts");
  await page.getByText("Nothing fires and nothing is pending.").waitFor();
  await page.getByRole("button", { name: "New rule" }).click();
  await page.getByLabel("Name", { exact: true }).fill("slow");
  await page.getByLabel("Symbols", { exact: true }).fill("DESK-2");
  await page.getByLabel("Metric", { exact: true }).fill("lag_ms");
  await page.getByRole("button", { name: "Set the rule" }).click();
  // The server says what is missing.
  await page.getByRole("alert").waitFor();
  await page.getByLabel("Bound").fill("5");
  await page.getByLabel("How far back it is tried").selectOption("1h");
  await page.getByRole("button", { name: "Try it over the last" }).click();
  await page.getByTestId("backtested").getByText("It would have fired once").waitFor();
  await page.getByRole("button", { name: "Set the rule" }).click();
  await page.getByTestId("alert-rules").getByText("lag_ms above 5").waitFor();
  await browsed.push("/api/metrics", [point(7.5, nowUs())]);
  await page.getByTestId("active-alerts").getByText("slow").waitFor();
  expect(await page.getByTestId("active-alerts").textContent()).toContain("7.5");
  await page.getByTestId("alert-changes").getByText("firing").first().waitFor();
  await page.getByRole("button", { name: "Delete", exact: true }).click();
  await page.getByRole("button", { name: "Delete it for good" }).click();
  await page.getByText("No rule is set.").waitFor();
});

it("the market is live over one socket, its figures are the API's, and a key opens a symbol", async () => {
  const lists: string[] = [];
  const sockets: string[] = [];
  page.on("request", (request) => {
    if (request.url().includes("/api/symbols")) lists.push(request.url());
  });
  page.on("websocket", (socket) => sockets.push(socket.url()));
  const before = nowUs() - 5 * 60e6;
  await browsed.push("/api/trades", [
    { symbol: "MKT-1", price: 100, size: 2, ts: before },
    { symbol: "MKT-1", price: 101.25, size: 3 },
    { symbol: "MKT-2", price: 7.5, size: 1, ts: before },
    // The last to fall silent, whatever other tests have pushed.
    { symbol: "MKT-3", price: 1, size: 1, ts: nowUs() - 61e6 },
  ]);
  await browsed.open("/");
  const row = (symbol: string) => page.locator(`[data-testid=symbol-row][data-symbol=${symbol}]`);
  const card = (title: string) => page.locator(`[data-testid=desk-card][data-title="${title}"]`);
  await row("MKT-1").getByText("101.25").waitFor();
  // What nobody has pushed is said, with what to push.
  await card("Portfolio value, as pushed")
    .getByText("Push portfolio_value without a symbol")
    .waitFor();
  await card("Open positions").getByText("Push to /api/positions").waitFor();
  await card("Feeds").getByRole("link", { name: "MKT-3" }).waitFor();

  await browsed.push("/api/positions", [
    { symbol: "MKT-1", quantity: 10, avg_price: 100, account: "a", ts: before },
    { symbol: "MKT-2", quantity: -4, avg_price: 7.5, account: "a", ts: before },
    { symbol: "MKT-2", quantity: 0, account: "b", ts: before },
  ]);
  await card("Open positions").getByText("1 long, 1 short").waitFor();
  const book = { symbol: "MKT-1", type: "snapshot", bids: [[101.2, 5]], asks: [[101.3, 4]] };
  await browsed.push("/api/books", [book]);
  await row("MKT-1").getByTestId("spread").getByText("0.10").waitFor();
  await browsed.push("/api/metrics", [
    { metric: "portfolio_value", value: 5_000, ts: before },
    { metric: "portfolio_value", value: 5_050 },
    { metric: "orders_per_second", value: 12.5 },
    { metric: "order_latency_ms", value: 3.5 },
  ]);
  await card("Portfolio value, as pushed").getByText("5,050.00").waitFor();
  await card("Orders/s").getByText("12.50", { exact: true }).waitFor();
  await card("Order latency, p99").getByText("3.50 ms").waitFor();

  // A price comes by the socket: the list of before is all that has been asked for.
  const asked = lists.length;
  for (const price of [101.5, 102.75]) {
    await browsed.push("/api/trades", [{ symbol: "MKT-1", price, size: 1 }]);
    await row("MKT-1").getByText(price.toFixed(2)).waitFor();
  }
  expect(lists.length - asked).toBeLessThanOrEqual(1);
  expect(sockets.filter((url) => url.includes("/ws?mode=latest"))).toHaveLength(1);

  const midnightUs = (Math.floor(nowUs() / HOUR_US) - NOON) * HOUR_US;
  const day = await browsed.ask<AttributionAnswer>(
    `/api/analytics/attribution?symbols=MKT-1,MKT-2&interval=1m&from=${midnightUs}`,
  );
  if (day.total.kind !== "ok") throw new Error(`no P&L: ${day.total.kind}`);
  const gain = day.total.pnl
    .toFixed(2)
    .replace("-", "−")
    .replace(/^(?=\d)/, "+");
  await card("P&L of the day").getByText("of positions in 2 symbols").waitFor();
  await expect.poll(() => card("P&L of the day").locator("b").textContent()).toBe(gain);
  const { symbols } = await browsed.ask<SymbolsAnswer>("/api/symbols");
  const listed = symbols.find(({ symbol }) => symbol === "MKT-1");
  expect(listed?.last).toBe(102.75);
  const change = `+${((listed?.change ?? 0) * 100).toFixed(2)} %`;
  await row("MKT-1").getByText(change).waitFor();
  await row("MKT-1").getByText(String(listed?.volume), { exact: true }).waitFor();

  // A symbol that comes is watched from its first event on.
  await browsed.push("/api/trades", [{ symbol: "MKT-3", price: 55.5, size: 1 }]);
  await row("MKT-3").getByText("55.50").waitFor();
  await row("MKT-1").getByRole("link").focus();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("Enter");
  await page.getByTestId("last-price").getByText("7.50").waitFor();
  expect(new URL(page.url()).pathname).toBe("/s/MKT-2");
});

it("charts and panels whose answers are awaited say so", async () => {
  await browsed.push("/api/trades", [{ symbol: "DESK-13", price: 5, size: 1 }]);
  await browsed.push("/api/metrics", [{ symbol: "DESK-13", metric: "load", value: 1 }]);
  let release = () => {};
  const isOver = new Promise<void>((resolve) => {
    release = resolve;
  });
  await page.route(/api\/(history|series)/, async (route) => {
    await isOver;
    await route.continue();
  });
  const trail = page.locator("[data-symbol=DESK-13] .sparkline");
  const ground = () => trail.evaluate((svg) => getComputedStyle(svg).backgroundImage);
  await browsed.open("/");
  await trail.waitFor();
  expect(await ground()).toContain("gradient");
  await browsed.open("/s/DESK-13?interval=1m");
  const waits = page.getByText("The server is asked…");
  await page.locator(".candle-pane").getByText("The server is asked…").waitFor();
  release();
  await page.getByTestId("metric-panel").locator(".u-over").waitFor();
  await waits.first().waitFor({ state: "detached" });
});

it("what one look does not tell is no 0, and nothing is well before it is known", async () => {
  await browsed.push("/api/trades", [{ symbol: "DESK-3", price: 5, size: 1 }]);
  let looks = 0;
  let release = () => {};
  const isOver = new Promise<void>((resolve) => {
    release = resolve;
  });
  await page.route("**/metrics", async (route) => {
    looks += 1;
    if (looks > 1) await isOver;
    await route.continue();
  });
  await browsed.open("/operations");
  await page.getByRole("heading", { name: "Accepted events" }).waitFor();
  await page.getByText("PostgreSQL").waitFor();
  const told = async () => {
    const cards = await page.locator(".cards li:not(:has(meter))").allInnerTexts();
    return cards.map((card) => card.split(/\n+/).slice(1).join(" ").trim());
  };
  expect(new Set(await told())).toEqual(new Set(["— Being asked for"]));
  const rates = page.locator(".tables td:last-child");
  expect(new Set(await rates.allInnerTexts())).toEqual(new Set(["—"]));
  await page.getByText("Being looked at").waitFor();
  release();
  await page.getByTestId("findings").waitFor();
  await expect.poll(() => rates.first().innerText()).not.toBe("—");
  expect(await told()).toContainEqual(expect.stringMatching(/^\S+ [\d.]+ requests\/s$/));
});

it("the server's figures are those of /metrics, and need a token for all symbols", async () => {
  await browsed.push("/api/trades", [{ symbol: "DESK-3", price: 5, size: 1 }]);
  await browsed.open("/operations");
  await page.getByTestId("findings").waitFor();
  const row = page.getByRole("row").filter({ has: page.getByRole("rowheader", { name: "trade" }) });
  const text = await (await browsed.fetch("/metrics")).text();
  const trades = /^edgetape_accepted_events_total\{kind="trade"\} (\d+)/m.exec(text)?.[1];
  expect(await row.getByRole("cell").first().textContent()).toBe(trades);
  await page.getByText("PostgreSQL").waitFor();
  const narrow = await browsed.product.token({ symbols: ["DESK-3"] });
  page = await browsed.newPage();
  await browsed.open("/operations", narrow);
  await page.getByText("They need a token with the scope read").waitFor();
  await page.getByRole("button", { name: "Enter a token" }).click();
  await page.getByLabel("token", { exact: false }).first().waitFor();
});

it("a token that may not is told what, in the server's words, on every page", async () => {
  for (const symbol of ["DESK-12", "DESK-13"]) {
    await browsed.push("/api/metrics", [{ symbol, metric: "lag_ms", value: 1 }]);
  }
  const narrow = await browsed.product.token({ symbols: ["DESK-12"] });
  for (const path of ["/s/DESK-13", "/explore?symbols=DESK-13&metric=lag_ms"]) {
    page = await browsed.newPage();
    await browsed.open(path, narrow);
    const dialog = page.getByRole("dialog");
    await dialog.getByText("The token is not for DESK-13.").waitFor();
    // One that is no better takes nothing of the page away.
    await dialog.getByLabel("Token").fill("nonsense");
    await dialog.getByRole("button", { name: "Open" }).click();
    await dialog.getByRole("alert").getByText("refused the token").waitFor();
    await page.getByRole("main").getByText("The token is not for DESK-13.").waitFor();
    await page.getByRole("button", { name: "Not now" }).click();
    await dialog.waitFor({ state: "detached" });
    await page.getByRole("main").getByText("The token is not for DESK-13.").waitFor();
  }
  // Where there is nothing to see yet it is a page, which becomes a dialog over what comes.
  page = await browsed.newPage();
  const list = Promise.withResolvers<void>();
  await page.route("**/api/symbols*", async (route) => {
    await list.promise;
    await route.continue();
  });
  await browsed.open("/s/DESK-13", narrow);
  const words = page.getByText("The token is not for DESK-13.");
  await words.first().waitFor();
  expect(await page.locator("dialog").count()).toBe(0);
  list.resolve();
  await page.locator("dialog:modal").filter({ has: words }).waitFor();
  const blind = await browsed.product.token({ scopes: ["write"] });
  const paths = ["/", "/s/DESK-12", "/explore", "/analytics", "/trace/x", "/alerts", "/operations"];
  for (const path of paths) {
    page = await browsed.newPage();
    await browsed.open(path, blind);
    await page.getByRole("alert").getByText("The token does not have the scope read.").waitFor();
  }
});

it("keys lead from page to page, and the search to a symbol", async () => {
  await browsed.push("/api/trades", [{ symbol: "DESK-4", price: 5, size: 1 }]);
  await browsed.open("/");
  await page.locator("[data-symbol=DESK-4]").waitFor();
  for (const [key, heading] of [
    ["e", "Explore"],
    ["n", "Analytics"],
    ["a", "Alerts"],
    ["o", "Operations"],
    ["t", "Trace"],
  ] as const) {
    const shown = page.getByRole("heading", { name: heading, exact: true });
    // The page waits 1.5 s for the second key, and a busy machine may take longer to press it.
    const pressed = async () => {
      await page.keyboard.press("g");
      await page.keyboard.press(key);
      return await shown.isVisible();
    };
    await expect.poll(pressed, { interval: 500 }).toBe(true);
  }
  await page.keyboard.press("?");
  await page.getByRole("dialog", { name: "Keys" }).waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  await page.keyboard.press("/");
  await page.keyboard.type("desk-4");
  await page.getByRole("option", { name: "DESK-4" }).waitFor();
  await page.keyboard.press("Enter");
  await page.getByTestId("last-price").getByText("5.00").waitFor();
});

it("colours are the system's until one is chosen, and that is remembered", async () => {
  await page.emulateMedia({ colorScheme: "light" });
  await browsed.open("/");
  const background = () =>
    page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  const light = await background();
  const frame = () =>
    page.evaluate(() => {
      const metas = [...document.querySelectorAll<HTMLMetaElement>("meta[name=theme-color]")];
      return metas.filter(({ media }) => matchMedia(media).matches).map(({ content }) => content);
    });
  expect(await frame()).toEqual(["#ffffff"]);
  const button = page.getByRole("button", { name: /^Colours/ });
  await button.click();
  await expect.poll(background).not.toBe(light);
  expect(await frame()).toEqual(["#10141b"]);
  await page.reload();
  await button.getByTitle("Colours: dark").or(button).waitFor();
  expect(await button.getAttribute("title")).toBe("Colours: dark");
  expect(await background()).not.toBe(light);
});

it("other colours reach the charts, and leave what has the focus, is typed and is in sight", async () => {
  await page.emulateMedia({ colorScheme: "light" });
  await browsed.push("/api/trades", { symbol: "HUE", price: 1, size: 1, ts: Date.now() * 1_000 });
  await browsed.open("/s/HUE?interval=1m");
  const candles = page.getByTestId("candle-chart");
  const grounds = () =>
    candles
      .locator("canvas")
      .evaluateAll((canvases: HTMLCanvasElement[]) =>
        canvases.map((canvas) =>
          canvas.getContext("2d")?.getImageData(2, 2, 1, 1).data.slice(0, 3).join(),
        ),
      );
  const button = page.getByRole("button", { name: /^Colours/ });
  while ((await button.getAttribute("title")) !== "Colours: light") await button.click();
  await expect.poll(grounds).toContain("255,255,255");
  await candles.focus();
  await page.keyboard.press("ArrowLeft");
  const form = page.locator(".range-form");
  await form.locator("summary").click();
  await expect.poll(() => form.getByLabel("To").inputValue()).not.toBe("");
  const to = await form.getByLabel("To").inputValue();
  await form.getByLabel("From").fill("2025-01-02T03:04:05");
  await button.focus();
  // From light to the system's, which is light, and on to dark.
  await page.keyboard.press("Enter");
  await page.keyboard.press("Enter");
  await expect.poll(grounds).toContain("16,20,27");
  expect(await button.evaluate((element) => element === document.activeElement)).toBe(true);
  expect(await form.getByLabel("From").inputValue()).toBe("2025-01-02T03:04:05");
  await form.locator("summary").click();
  await form.locator("summary").click();
  await expect.poll(() => form.getByLabel("To").inputValue()).toBe(to);

  await browsed.open("/explore");
  const add = page.getByRole("button", { name: "Add a panel" });
  await add.click();
  const typed = page.getByTestId("explore-panel").first().locator("input").first();
  await typed.fill("half a na");
  await button.click();
  expect(await typed.inputValue()).toBe("half a na");
});

it("a page whose script does not come says so", async () => {
  await page.route(/desk-pages/, (route) => route.abort());
  await browsed.open("/trace");
  await page.getByRole("alert").getByText("This page did not load").waitFor();
  await page.unroute(/desk-pages/);
  await page.getByRole("button", { name: "Load it anew" }).click();
  await page.getByRole("heading", { name: "Trace", exact: true }).waitFor();
});

it("pages have no fault that axe knows, dark and light, and fit a phone", async () => {
  await browsed.push("/api/logs", [
    { symbol: "DESK-5", event: "x", level: "warn", correlation_id: "axe" },
  ]);
  const shown: Record<string, string> = {
    "/trace/axe": "trace",
    "/alerts": "active-alerts",
    "/operations": "findings",
    "/": "symbol-row",
  };
  for (const [path, testId] of Object.entries(shown)) {
    for (const colorScheme of ["dark", "light"] as const) {
      page = await browsed.newPage(colorScheme);
      await browsed.open(path);
      await page.getByTestId(testId).first().waitFor();
      if (path === "/alerts") await page.getByRole("button", { name: "New rule" }).click();
      expect(await axeFaults(page), `${path} ${colorScheme}`).toEqual([]);
    }
    await page.setViewportSize({ width: 390, height: 844 });
    expect(await page.evaluate(() => document.documentElement.scrollWidth), path).toBe(390);
  }
});
