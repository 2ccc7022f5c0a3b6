import type { Page } from "playwright-core";
import { beforeAll, beforeEach, expect, it } from "vitest";
import { fieldText, momentOf } from "../../web/data/times/zone-moment.ts";
import { BrowsedProduct } from "./browsing/browsed-product.ts";
import { paintLate } from "./browsing/late-paint.ts";
import { axeFaults } from "./browsing/sound-page.ts";
import { until } from "./chaos/until.ts";
import { temporaryDataDir } from "./product.ts";

/** What the pages say of numbers, holes, times and states: one product and one browser for all. */
const MINUTE_US = 60e6;
const nowUs = () => Date.now() * 1_000;
const utcUs = (text: string) => Date.parse(text) * 1_000;

const browsed = new BrowsedProduct({
  folder: temporaryDataDir(),
  context: () => ({ timezoneId: "America/New_York" }),
  // What a canvas says can only be heard where it says it.
  prepare: (context) =>
    context.addInitScript(() => {
      window.__drawn = [];
      const { fillText } = CanvasRenderingContext2D.prototype;
      CanvasRenderingContext2D.prototype.fillText = function (text, ...rest) {
        window.__drawn?.push(text);
        fillText.call(this, text, ...rest);
      };
    }),
});
let page: Page;

beforeAll(async () => {
  await browsed.push("/api/bars", [
    bar("SPX", "1d", "2020-04-16T00:00:00Z", 2_799.550049),
    bar("SPX", "1d", "2020-04-17T00:00:00Z", 2_874.560059),
    bar("ONE", "1d", "2026-01-05T00:00:00Z", 11),
    ...Array.from({ length: 96 }, (_, i) => {
      const ts = utcUs("2025-10-30T12:00:00Z") + i * 60 * MINUTE_US;
      return { ...bar("NYT", "1h", "2025-10-30T12:00:00Z", i < 95 ? 50 : 50.75), ts };
    }),
  ]);
});

beforeEach(() => {
  page = browsed.page;
});

it("the chart shows what the address says, over a reload, and a range that is none says what to do", async () => {
  // More bars than the page asks for at first.
  const fromUs = Math.floor(nowUs() / MINUTE_US - 2_000) * MINUTE_US;
  await browsed.push(
    "/api/bars",
    Array.from({ length: 1_990 }, (_, i) => {
      return { ...bar("FAR", "1m", "2026-01-01T00:00:00Z", 50), ts: fromUs + i * MINUTE_US };
    }),
  );
  const iso = (us: number) => new Date(us / 1_000).toISOString().replace(":00.000Z", "Z");
  const [wanted, later] = [60, 90].map((minutes) => fromUs + minutes * MINUTE_US) as [
    number,
    number,
  ];
  await open(`/s/FAR?interval=1m&from=${iso(wanted)}&to=${iso(later)}`);
  const form = page.locator(".range-form");
  const inputs = [form.getByLabel("From"), form.getByLabel("To")] as const;
  // The form tells what is in sight when it is opened.
  const inSight = async () => {
    if (!(await inputs[0].isVisible())) await form.locator("summary").click();
    const texts = await Promise.all(inputs.map((input) => input.inputValue()));
    await form.locator("summary").click();
    return texts;
  };
  // A browser leaves off seconds that are none.
  const wall = (us: number) => fieldText(us, "America/New_York").replace(/:00$/, "");
  await expect.poll(inSight).toEqual([wall(wanted), wall(later)]);

  const [other, end] = [wanted + 5 * MINUTE_US, later + 600 * MINUTE_US] as const;
  await form.locator("summary").click();
  await inputs[0].fill(wall(end));
  await inputs[1].fill(wall(other));
  await form.getByRole("button", { name: "Show" }).click();
  await form.getByText("Choose a first time before the second").waitFor();
  await inputs[0].fill(wall(other));
  await inputs[1].fill(wall(end));
  await form.getByRole("button", { name: "Show" }).click();
  expect(new URL(page.url()).search).toBe(`?interval=1m&from=${iso(other)}&to=${iso(end)}`);
  await expect.poll(inSight).toEqual([wall(other), wall(end)]);
  await page.reload();
  await expect.poll(inSight).toEqual([wall(other), wall(end)]);

  await page.getByRole("button", { name: "To the newest" }).click();
  await expect.poll(() => new URL(page.url()).search).toBe("?interval=1m");
  // Within one bar: that bar is shown, beside one more, for the library shows two at least.
  const seconds = (us: number) => new Date(us / 1_000).toISOString();
  await open(`/s/FAR?interval=1m&from=${seconds(wanted + 2e7)}&to=${seconds(wanted + 4e7)}`);
  await expect.poll(inSight).toEqual([wall(wanted - MINUTE_US), wall(wanted + MINUTE_US)]);

  await open("/s/FAR?interval=1m&from=yesterday");
  await page.getByText("The address needs from and to").waitFor();
  await open("/s/FAR?interval=1m&from=2020-01-01&to=2020-01-02");
  await page.getByText("No bars in the range that the address wants.").waitFor();
  await page.getByRole("button", { name: "To the newest" }).click();
  await expect.poll(() => new URL(page.url()).search).not.toContain("from");
});

it("an interval without bars leads back to one that has some, and imported bars have a price in the list", async () => {
  await open("/");
  const row = page.locator("[data-symbol=SPX]");
  await row.getByText("2,874.56").waitFor();
  expect(await row.textContent()).toContain("17 Apr 2020");
  const noFigure = "[title='No figure: the last price is older than a day.']";
  expect(await row.locator(noFigure).textContent()).toBe("—");
  expect(await row.locator("polyline").count()).toBe(0);
  // What has a title lies above the row's link and leads there all the same.
  await row.locator(noFigure).click();
  await page.getByTestId("as-of").getByText("as of 17 Apr 2020").waitFor();
  const besidePrice = `.instrument ${noFigure}, [aria-current] ${noFigure}`;
  await expect.poll(() => page.locator(besidePrice).allTextContents()).toEqual(["—", "—"]);
  await page.getByRole("button", { name: "1m", exact: true }).click();
  await page.getByText("No bars of 1m here").waitFor();
  expect(await page.getByTestId("last-price").textContent()).toBe("2,874.56");
  await page.getByRole("button", { name: "Show 1d" }).click();
  await page.waitForFunction(() => window.__edgetape?.bars().length === 2);
  await page.getByText("No bars of 1m here").waitFor({ state: "detached" });
});

it("addresses typed by hand open their page, and one that is no symbol says so once", async () => {
  for (const [typed, symbol] of [
    ["/s/BRK.B", "BRK.B"],
    ["/s/BTC/USDT:USDT", "BTC/USDT:USDT"],
    ["/s/BTC%2FUSDT%3AUSDT", "BTC/USDT:USDT"],
    ["/s/v1.js", "v1.js"],
  ] as const) {
    const answer = await page.goto(`${browsed.product.url}${typed}`);
    expect(answer?.status(), typed).toBe(200);
    await page.getByRole("heading", { name: symbol, exact: true }).waitFor();
  }
  expect((await page.goto(`${browsed.product.url}/v1.js`))?.status()).toBe(404);
  const asked = requestsOf(/%20a/);
  await page.clock.install();
  await open("/s/%20a");
  await page.getByTestId("refusal").waitFor();
  // The page has asked several things at once, and the first refusal shows.
  await until("all of them to be answered", () => asked.underWay() === 0);
  const { length } = asked.all;
  expect(length).toBeGreaterThan(0);
  await page.clock.runFor(60_000);
  expect(asked.all).toHaveLength(length);
});

it("the page of a symbol nobody has pushed to shows how, and comes alive at the first push", async () => {
  await open("/s/NEW%2F1");
  await page.getByText(`-d '{"symbol":"NEW/1",`).waitFor();
  await untilState("live");
  await page.getByTestId("connection-state").getByText("live, nothing yet").waitFor();
  await page.setViewportSize({ width: 390, height: 844 });
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
  await page.setViewportSize({ width: 1_280, height: 800 });
  await browsed.push("/api/trades", { symbol: "NEW/1", price: 12.5, size: 1 });
  await page.getByTestId("last-price").getByText("12.50").waitFor();
  await page.getByTestId("trade-row").waitFor();
});

it("numbers have the digits of their finest step in list, header, trades, ladder and position", async () => {
  const at = (i: number) => nowUs() - (20 - i) * 1e6;
  await browsed.push("/api/trades", [
    ...Array.from({ length: 9 }, (_, i) => trade("TINY", (1.2 + i / 100) * 1e-10, 1e9, at(i))),
    ...Array.from({ length: 9 }, (_, i) => trade("PEG", i < 8 ? 1 : 0.9998, 0.00001, at(i))),
  ]);
  await browsed.push("/api/books", {
    ...{ symbol: "PEG", type: "snapshot" },
    ...{ bids: [[0.9997, 0.00002]], asks: [[1, 0.5]] },
  });
  await browsed.push("/api/positions", { symbol: "PEG", quantity: 0.00001, account: "a" });
  await open("/s/TINY");
  await page.getByTestId("last-price").getByText("1.28e-10").waitFor();
  await untilDrawn("1.25e-10");
  await open("/s/PEG");
  await page.getByTestId("last-price").getByText("0.9998").waitFor();
  const texts = async (selector: string) => (await page.locator(selector).allTextContents())[0];
  const size = "[data-testid=trade-row] span:nth-child(2)";
  await until("a trade's size", async () => (await texts(size)) === "0.00001");
  const bid = "[data-testid=book-bid]";
  await until("the bid", async () => (await texts(bid)) === "0.99970.000020.00002");
  const position = "[data-testid=position] dd";
  await until("the position", async () => (await texts(position)) === "0.00001");
  await untilDrawn("0.9999");
  await open("/");
  await page.locator("[data-symbol=TINY]").getByText("1.28e-10").waitFor();
});

it("a long name with two spaces is one line in list and column, cut short and whole in its title", async () => {
  const option = "AAPL  240119C00100000";
  const long = `${option}-${"OF-THE-LONGEST-NAME".repeat(2)}`;
  await browsed.push(
    "/api/trades",
    [option, long].map((symbol) => trade(symbol, 12_345.25, 1, nowUs())),
  );
  for (const [path, width] of [
    ["/", 1_280],
    ["/", 390],
    ["/s/PEG", 1_280],
  ] as const) {
    await page.setViewportSize({ width, height: 800 });
    await open(path);
    for (const symbol of [option, long]) {
      const name = page.locator(`[title='${symbol}']`);
      await name.waitFor();
      expect(await name.innerText(), path).toBe(symbol);
      expect((await name.boundingBox())?.height, path).toBeLessThan(24);
    }
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
  }
});

it("time left out between candles is marked with how much", async () => {
  const now = nowUs();
  const at = (i: number) => now - (100 - i) * MINUTE_US;
  const minutes = Array.from({ length: 100 }, (_, i) => i).filter((i) => i < 40 || i >= 80);
  await browsed.push(
    "/api/trades",
    minutes.map((i) => trade("HOLE", 50 + (i % 7) / 100, 1, at(i))),
  );
  await open("/s/HOLE?interval=1m");
  await untilDrawn("40 min");
});

it("ticks begin where the reader is, one daily bar says its day, and the last price stays on the axis", async () => {
  await open("/s/ONE");
  await untilDrawn("5 Jan");
  expect(await drawn()).not.toContain("00:00:00");
  await open("/s/NYT?interval=1h");
  await untilDrawn("Nov");
  expect(await drawn()).not.toContain("Oct");
  await page.mouse.move(200, 400);
  await page.mouse.down();
  await page.mouse.move(880, 400, { steps: 4 });
  await page.mouse.up();
  await page.getByRole("button", { name: "To the newest" }).waitFor();
  await page.evaluate(() => {
    window.__drawn = [];
  });
  // On with it: a pointer that only moves has its cross drawn anew, and not the axes.
  await page.mouse.move(300, 400);
  await page.mouse.down();
  await page.mouse.move(360, 400, { steps: 4 });
  await page.mouse.up();
  await untilDrawn("50.75");
});

it("as many bars are in sight where the page paints late", async () => {
  await paintLate(page);
  await page.addInitScript(() => {
    window.__charts = 0;
    new MutationObserver((changes) => {
      for (const added of changes.flatMap(({ addedNodes }) => [...addedNodes])) {
        const has = (added as Element).querySelector?.("[data-testid=candle-chart]");
        if (has) window.__charts = (window.__charts ?? 0) + 1;
      }
    }).observe(document, { childList: true, subtree: true });
  });
  await open("/s/NYT?interval=1h");
  await untilDrawn("Nov");
  // A second chart would begin where the first was before it had drawn anything.
  expect(await page.evaluate(() => window.__charts)).toBe(1);
});

it("all times are told by the zone that is chosen in the bar, which the browser keeps", async () => {
  await open("/s/NYT?interval=1h");
  const asOf = page.getByTestId("as-of");
  await asOf.getByText("3 Nov 2025, 06:00").waitFor();
  const zone = page.getByTestId("zone-switch");
  await zone.selectOption("Asia/Kolkata");
  await asOf.getByText("3 Nov 2025, 16:30").waitFor();
  // Hours of UTC are half hours there.
  await untilDrawn("12:30");
  await page.reload();
  await asOf.getByText("3 Nov 2025, 16:30").waitFor();
  await zone.selectOption("UTC");
  await asOf.getByText("3 Nov 2025, 11:00").waitFor();
  await zone.selectOption("local");
  await asOf.getByText("3 Nov 2025, 06:00").waitFor();
});

it("a symbol's page goes on where it was when the zone changes, and begins nothing again", async () => {
  await open("/s/NYT?interval=1h&from=2025-10-31&to=2025-11-01T12:00Z");
  const form = page.locator(".range-form");
  const from = form.getByLabel("From");
  // Filled in whenever the form opens or closes.
  const inSightUs = async (zone: string) => {
    await form.locator("summary").click();
    return momentOf(await from.inputValue(), zone);
  };
  const wantedUs = utcUs("2025-10-31T00:00:00Z");
  await expect.poll(() => inSightUs("America/New_York")).toBe(wantedUs);
  // Before candles are there the form tells what the address says.
  await page.getByRole("button", { name: "To the newest" }).waitFor();
  const candles = page.getByTestId("candle-chart");
  const box = await candles.boundingBox();
  if (box === null) throw new Error("the chart has no box");
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  await page.mouse.wheel(0, 300);
  await expect.poll(() => inSightUs("America/New_York")).toBeLessThan(wantedUs);
  const beforeUs = (await inSightUs("America/New_York")) ?? Number.NaN;
  // The column of symbols loads the bars of others meanwhile.
  const asked = requestsOf(/\/api\/(history|orders|notes|positions|books)\/NYT\b/);
  await page.getByTestId("zone-switch").selectOption("Asia/Tokyo");
  // To the second, for the axis has places and no times.
  const movedUs = async () => Math.abs(((await inSightUs("Asia/Tokyo")) ?? Number.NaN) - beforeUs);
  await expect.poll(movedUs).toBeLessThanOrEqual(1e6);
  expect(asked.all).toEqual([]);
  await page.getByTestId("zone-switch").selectOption("local");
});

it("at 1,000 trades a second header, list, title and trades show one price", async () => {
  await browsed.push("/api/trades", trade("FAST", 100, 1, nowUs()));
  await open("/s/FAST?interval=1s");
  await untilState("live");
  // What has come is painted up to 100 ms later, and the list of symbols is asked for besides.
  await page.getByTestId("trade-row").waitFor();
  await page.getByTestId("watched-price").getByText("100").first().waitFor();
  const samples = page.evaluate(async () => {
    const text = (selector: string) => document.querySelector(selector)?.textContent ?? "";
    const seen: string[][] = [];
    for (let i = 0; i < 40; i++) {
      await new Promise((resolve) => setTimeout(resolve, 43));
      await new Promise(requestAnimationFrame);
      await new Promise((resolve) => setTimeout(resolve, 0));
      seen.push([
        text("[data-testid=last-price]"),
        text("[data-testid=watched-price]"),
        text("[data-testid=trade-row] .price"),
        document.title.split(" ")[0] ?? "",
      ]);
    }
    return seen;
  });
  for (let batch = 0; batch < 20; batch++) {
    const at = nowUs();
    const trades = Array.from({ length: 100 }, (_, i) =>
      trade("FAST", 100 + ((batch * 37 + i) % 90) / 100, 1, at + i),
    );
    await browsed.push("/api/trades", trades);
    await page.waitForTimeout(60);
  }
  const seen = await samples;
  expect(seen.filter((prices) => new Set(prices).size > 1)).toEqual([]);
  expect(new Set(seen.map(([price]) => price)).size).toBeGreaterThan(2);
});

it("pages and their states have no fault that axe knows", async () => {
  for (const [path, colorScheme] of [
    ["/", "light"],
    ["/s/PEG", "light"],
    ["/s/PEG", "dark"],
    ["/s/SPX?interval=1m", "light"],
    ["/s/NEVER", "dark"],
    ["/s/%20a", "light"],
    ["/nowhere", "dark"],
    ["/docs", "light"],
    ["/docs", "dark"],
  ] as const) {
    await page.emulateMedia({ colorScheme });
    await open(path);
    await page.getByRole("heading").first().waitFor({ state: "attached" });
    await page.waitForTimeout(800);
    expect(await axeFaults(page), `${path} ${colorScheme}`).toEqual([]);
  }
});

it("the reference has the page's own address in its examples, copies them, and fits a phone", async () => {
  await browsed.context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await page.setViewportSize({ width: 360, height: 740 });
  await open("/docs#shape-TradePush");
  await page.locator("#shape-TradePush pre").waitFor();
  const copy = page.locator("#get-api-symbols").getByRole("button", { name: "Copy" }).first();
  await copy.click();
  await page.locator("#get-api-symbols").getByText("Copied").waitFor();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  expect(copied).toContain(`curl -fsS '${browsed.product.url}/api/symbols'`);
  const widths = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  expect(widths).toEqual([360, 360]);
});

it("a price of 2020 has its date, all is dimmed while the server is down, and the page is back soon after it", async () => {
  const old = utcUs("2020-04-17T15:00:00Z");
  await browsed.push("/api/trades", trade("OLD", 103, 1, old));
  await open("/s/OLD");
  await page.getByTestId("as-of").getByText("as of 17 Apr 2020, 11:00").waitFor();
  await browsed.push("/api/trades", trade("NOW", 5, 1, nowUs()));
  const looks = requestsOf(/\/healthz/);
  await page.clock.install();
  await open("/s/NOW");
  await untilState("live");
  await page.getByTestId("last-price").getByText("5.00").waitFor();
  expect(await page.getByTestId("as-of").count()).toBe(0);
  const startAgain = await browsed.kill();
  await untilState("reconnecting");
  await page.getByTestId("as-of").waitFor();
  await page.locator("main.is-cut-off").waitFor();
  // Until the waits of the backoff are tens of seconds.
  for (let times = 0; times < 6; times += 1) {
    const failed = page.waitForEvent("requestfailed");
    await page.clock.fastForward(30_000);
    await failed;
  }
  await page.clock.pauseAt(await page.evaluate(() => Date.now() + 1_000));
  await startAgain();
  // By the clock of the page, which stands still while the server takes its time.
  const isLive = () => page.evaluate(() => window.__edgetape?.state() === "live");
  for (let seconds = 0; seconds < 8; seconds += 1) {
    await page.clock.runFor(1_000);
    await until("the look at the server to end", () => looks.underWay() === 0);
  }
  await until("the page to be live", isLive);
  await page.clock.resume();
  await page.locator("main.is-cut-off").waitFor({ state: "detached" });
});

function bar(symbol: string, interval: string, ts: string, close: number) {
  const prices = { open: close - 1, high: close + 1, low: close - 2, close };
  return { symbol, interval, ts: utcUs(ts), ...prices, volume: 5 };
}

function trade(symbol: string, price: number, size: number, ts: number) {
  return { symbol, price, size, ts };
}

/** Reading is open to this machine: no page here has a token. */
function open(path: string): Promise<void> {
  return browsed.open(path, null);
}

async function untilState(state: string): Promise<void> {
  await page.waitForFunction((wanted) => window.__edgetape?.state() === wanted, state);
}

/** Of what the page asks from now on at addresses like this: each address, and how many of them have no answer yet. */
function requestsOf(address: RegExp): { all: string[]; underWay(): number } {
  const all: string[] = [];
  let ended = 0;
  const note = (heard: () => void) => (request: { url(): string }) => {
    if (address.test(request.url())) heard();
  };
  page.on("request", (request) => note(() => all.push(request.url()))(request));
  for (const end of ["requestfinished", "requestfailed"] as const) {
    page.on(
      end as "requestfinished",
      note(() => (ended += 1)),
    );
  }
  return { all, underWay: () => all.length - ended };
}

function drawn(): Promise<string[]> {
  return page.evaluate(() => window.__drawn ?? []);
}

async function untilDrawn(text: string): Promise<void> {
  try {
    await until(`"${text}" on a canvas`, async () => (await drawn()).includes(text));
  } catch (error) {
    const texts = [...new Set(await drawn())].slice(-60);
    throw new Error(`${page.url()} has ${texts.join(" | ")}`, { cause: error });
  }
}

declare global {
  interface Window {
    /** What was written on canvases since the page was opened. */
    __drawn?: string[];
    /** How often a chart of candles came into the page. */
    __charts?: number;
  }
}
