import axe from "axe-core";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { launchBrowser } from "./browser.ts";
import { emptyDataDir, type RunningProduct, startProduct } from "./product.ts";

/** The desk's pages beside those of symbols: one product and one browser for all. */
const folder = emptyDataDir();
const ID = "req-7f3a/1";
const nowUs = () => Date.now() * 1_000;

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
});

afterAll(async () => {
  await browser?.close();
  await product?.killGroup();
  folder.remove();
});

beforeEach(async () => {
  context = await browser.newContext({ viewport: { width: 1_280, height: 800 }, locale: "en-US" });
  page = await context.newPage();
  pageErrors = [];
  page.on("pageerror", (error) => pageErrors.push(error.message));
});

afterEach(async () => {
  await context.close();
  expect(pageErrors).toEqual([]);
});

it("one order's life is told over services, legs and all, and goes on by itself", async () => {
  const at = nowUs();
  const order = { symbol: "DESK-1", id: "A-1", side: "buy", quantity: 2, price: 100, venue: "X" };
  const bears = { correlation_id: ID };
  await push("/api/orders", [
    { ...order, ...bears, status: "sent", ts: at },
    { ...order, ...bears, status: "acknowledged", ts: at + 2_400 },
    { ...order, ...bears, status: "filled", filled: 2, avg_price: 99.5, ts: at + 18_800 },
  ]);
  const line = { ...bears, symbol: "DESK-1", service: "router" };
  await push("/api/logs", [{ ...line, ts: at - 1_000, level: "info", event: "route chosen" }]);
  await open("/s/DESK-1");
  await page.getByTestId("order-row").getByRole("link").click();
  await page.getByRole("heading", { name: "Trace", exact: true }).waitFor();
  expect(new URL(page.url()).pathname).toBe(`/trace/${encodeURIComponent(ID)}`);
  await page.getByTestId("trace-summary").getByText("4 events in 19.8 ms").waitFor();
  const legs = page.getByRole("list", { name: "Legs of orders" }).getByRole("listitem");
  expect(await legs.allTextContents()).toEqual([
    "A-1: sent → acknowledged 2.40 ms",
    "A-1: acknowledged → filled 16.4 ms",
  ]);
  const words = page.getByTestId("trace").locator(".words");
  expect(await words.allTextContents()).toEqual([
    "router: route chosen",
    "sent: A-1, buy 2, limit 100.00, X",
    "acknowledged: A-1, buy 2, limit 100.00, X",
    "filled: A-1, buy 2, limit 100.00, 2 filled at 99.50, X",
  ]);
  await push("/api/logs", [{ ...line, ts: at + 20_000, level: "error", event: "<b>late</b>" }]);
  await page.getByTestId("trace").getByText("router: <b>late</b>").waitFor();
  // Another id is typed in.
  await page.getByLabel("Correlation id").fill("nobody");
  await page.keyboard.press("Enter");
  await page.getByTestId("trace-empty").waitFor();
});

it("a rule is tried over the past, set, fires, and is deleted, all by the page", async () => {
  const at = nowUs();
  const point = (value: number, ts: number) => ({ symbol: "DESK-2", metric: "lag_ms", value, ts });
  await push("/api/metrics", [point(1, at - 9e6), point(9, at - 6e6), point(2, at - 3e6)]);
  await open("/alerts");
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
  await push("/api/metrics", [point(7.5, nowUs())]);
  await page.getByTestId("active-alerts").getByText("slow").waitFor();
  expect(await page.getByTestId("active-alerts").textContent()).toContain("7.5");
  await page.getByTestId("alert-changes").getByText("firing").first().waitFor();
  await page.getByRole("button", { name: "Delete", exact: true }).click();
  await page.getByRole("button", { name: "Delete it for good" }).click();
  await page.getByText("No rule is set.").waitFor();
});

it("who may only read is told so, and keeps the page", async () => {
  await open("/alerts", await product.token({ scopes: ["read"] }));
  await page.getByRole("button", { name: "New rule" }).click();
  await page.getByLabel("Name", { exact: true }).fill("mine");
  await page.getByLabel("Bound").fill("5");
  await page.getByRole("button", { name: "Set the rule" }).click();
  await page.getByRole("alert").getByText("write").waitFor();
  await page.getByRole("heading", { name: "Alerts", exact: true }).waitFor();
});

it("the server's figures are those of /metrics, and need a token for all symbols", async () => {
  await push("/api/trades", [{ symbol: "DESK-3", price: 5, size: 1 }]);
  await open("/operations");
  await page.getByTestId("findings").waitFor();
  const row = page.getByRole("row").filter({ has: page.getByRole("rowheader", { name: "trade" }) });
  const text = await (await fetch(`${product.url}/metrics`, { headers: bearer() })).text();
  const trades = /^edgetape_accepted_events_total\{kind="trade"\} (\d+)/m.exec(text)?.[1];
  expect(await row.getByRole("cell").first().textContent()).toBe(trades);
  await page.getByText("PostgreSQL").waitFor();
  const narrow = await product.token({ symbols: ["DESK-3"] });
  await page.close();
  page = await context.newPage();
  await open("/operations", narrow);
  await page.getByText("They need a token with the scope read").waitFor();
  await page.getByRole("button", { name: "Enter a token" }).click();
  await page.getByLabel("token", { exact: false }).first().waitFor();
});

it("keys lead from page to page, and the search to a symbol", async () => {
  await push("/api/trades", [{ symbol: "DESK-4", price: 5, size: 1 }]);
  await open("/");
  await page.locator("[data-symbol=DESK-4]").waitFor();
  for (const [key, heading] of [
    ["e", "Explore"],
    ["n", "Analytics"],
    ["a", "Alerts"],
    ["o", "Operations"],
    ["t", "Trace"],
  ] as const) {
    await page.keyboard.press("g");
    await page.keyboard.press(key);
    await page.getByRole("heading", { name: heading, exact: true }).waitFor();
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
  await open("/");
  const background = () =>
    page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  const light = await background();
  const button = page.getByRole("button", { name: /^Colours/ });
  await button.click();
  await expect.poll(background).not.toBe(light);
  await page.reload();
  await button.getByTitle("Colours: dark").or(button).waitFor();
  expect(await button.getAttribute("title")).toBe("Colours: dark");
  expect(await background()).not.toBe(light);
});

it("a page whose script does not come says so", async () => {
  await page.route(/trace-page/, (route) => route.abort());
  await open("/trace");
  await page.getByRole("alert").getByText("This page did not load").waitFor();
  await page.unroute(/trace-page/);
  await page.getByRole("button", { name: "Load it anew" }).click();
  await page.getByRole("heading", { name: "Trace", exact: true }).waitFor();
});

it("pages have no fault that axe knows, dark and light, and fit a phone", async () => {
  await push("/api/logs", [{ symbol: "DESK-5", event: "x", level: "warn", correlation_id: "axe" }]);
  const shown: Record<string, string> = {
    "/trace/axe": "trace",
    "/alerts": "active-alerts",
    "/operations": "findings",
    "/": "symbol-row",
  };
  for (const [path, testId] of Object.entries(shown)) {
    for (const colorScheme of ["dark", "light"] as const) {
      await page.close();
      page = await context.newPage();
      await page.emulateMedia({ colorScheme });
      await open(path);
      await page.getByTestId(testId).first().waitFor();
      if (path === "/alerts") await page.getByRole("button", { name: "New rule" }).click();
      await page.evaluate(axe.source);
      const faults = await page.evaluate(async () => {
        const { violations } = await (window as unknown as { axe: typeof axe }).axe.run();
        return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target)}`);
      });
      expect(faults, `${path} ${colorScheme}`).toEqual([]);
    }
    await page.setViewportSize({ width: 390, height: 844 });
    expect(await page.evaluate(() => document.documentElement.scrollWidth), path).toBe(390);
  }
});

function bearer(): Record<string, string> {
  return { authorization: `Bearer ${token}` };
}

async function open(path: string, as = token): Promise<void> {
  await page.addInitScript((kept) => sessionStorage.setItem("edgetape.token", kept), as);
  await page.goto(`${product.url}${path}`);
}

async function push(path: string, events: object[]): Promise<void> {
  const headers = { ...bearer(), "content-type": "application/json" };
  const body = JSON.stringify(events);
  const answer = await fetch(`${product.url}${path}`, { method: "POST", headers, body });
  expect(answer.status, await answer.text()).toBe(202);
}
