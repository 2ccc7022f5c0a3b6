import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { pathOfSymbol } from "../../web/data/route.ts";
import { launchBrowser, PATIENCE_MS } from "./browser.ts";
import { type RunningProduct, startProduct, temporaryDataDir } from "./product.ts";

/** What producers send is text on every page, whatever it looks like, and the policy has nothing to forbid. */
const HOSTILE = `"'><img src=x onerror="window.__ran=1"><script>window.__ran=1</script>{{7*7}}`;
const SYMBOLS = ["~@$(x)!", "M&M.NS", "a b", "constructor", "...", "رابح", "BTC/USDT:USDT"];
const ID = HOSTILE;

let folder: ReturnType<typeof temporaryDataDir>;
let product: RunningProduct;
let token: string;
let browser: Browser;

beforeAll(async () => {
  folder = temporaryDataDir();
  product = await startProduct({ dataDir: folder.dataDir });
  token = await product.token();
  browser = await launchBrowser();
  for (const [path, events] of SYMBOLS.flatMap(hostileEvents)) await send("POST", path, events);
  await send("PUT", "/api/alerts/rules/hostile", {
    symbols: "*",
    on: { metric: HOSTILE, labels: { [HOSTILE]: HOSTILE } },
    condition: { above: 1 },
    message: HOSTILE,
  });
  for (const symbol of SYMBOLS) await send("POST", "/api/metrics", [hostileMetric(symbol)]);
});

afterAll(async () => {
  await browser?.close();
  await product?.killGroup();
  folder.remove();
});

it("no text field of any event is more than text on any page, and every symbol has a page", async () => {
  for (const symbol of SYMBOLS) {
    await looksAt(pathOfSymbol(symbol), async (page) => {
      await page.getByRole("heading", { name: symbol, exact: true }).waitFor();
      await page.getByTestId("last-price").getByText("5.00").waitFor();
      await page.getByTestId("metric-panel").getByText(HOSTILE, { exact: true }).first().waitFor();
      await page.getByTestId("order-row").first().waitFor();
    });
  }
});

it("the list, a trace, alerts, the figures and an address of nonsense show it as text", async () => {
  await looksAt("/", async (page) => {
    for (const symbol of SYMBOLS) {
      await page.locator("th").getByText(symbol, { exact: true }).waitFor();
    }
  });
  await looksAt(`/trace/${encodeURIComponent(ID)}`, async (page) => {
    await page.getByTestId("trace").getByText(HOSTILE).first().waitFor();
    for (const step of await page.locator("summary").all()) await step.click();
    await page.locator(".fields").getByText(HOSTILE).first().waitFor();
  });
  await looksAt("/alerts", async (page) => {
    await page.getByTestId("alert-rules").getByText(HOSTILE).first().waitFor();
    await page.getByTestId("active-alerts").getByText("hostile").first().waitFor();
  });
  await looksAt("/operations", (page) => page.getByTestId("findings").waitFor());
  await looksAt(`/s/${encodeURIComponent(HOSTILE)}`, (page) =>
    page.getByTestId("refusal").getByText(HOSTILE).waitFor(),
  );
});

/** Opens a page, looks at it, and holds that nothing of it ran, was made an element, or was refused by the policy. */
async function looksAt(path: string, look: (page: Page) => Promise<void>): Promise<void> {
  const page = await browser.newPage({ locale: "en-US" });
  page.setDefaultTimeout(PATIENCE_MS);
  const faults: string[] = [];
  page.on("pageerror", (error) => faults.push(error.message));
  page.on("console", (message) => {
    if (message.text().includes("Content Security Policy")) faults.push(message.text());
  });
  await page.addInitScript((kept) => sessionStorage.setItem("edgetape.token", kept), token);
  const answer = await page.goto(`${product.url}${path}`);
  expect(answer?.headers()["content-security-policy"], path).toContain("script-src 'self'");
  await look(page);
  const found = await page.evaluate(() => ({
    ran: "__ran" in window,
    made: document.querySelectorAll("#app :is(img, script, iframe, [onerror])").length,
  }));
  expect({ ...found, faults }, path).toEqual({ ran: false, made: 0, faults: [] });
  await page.close();
}

function hostileMetric(symbol: string): object {
  return { symbol, metric: HOSTILE, value: 2, labels: { [HOSTILE]: HOSTILE } };
}

/** Of each kind one with the text in every field that takes any. */
function hostileEvents(symbol: string): [string, object[]][] {
  const bears = { symbol, correlation_id: ID };
  const deal = { ...bears, id: HOSTILE, venue: HOSTILE, account: HOSTILE, type: HOSTILE };
  return [
    ["/api/trades", [{ symbol, price: 5, size: 1, id: HOSTILE, venue: HOSTILE }]],
    ["/api/positions", [{ symbol, quantity: 1, account: HOSTILE }]],
    ["/api/orders", [{ ...deal, status: "sent", side: "buy", quantity: 1 }]],
    ["/api/notes", [{ symbol, text: HOSTILE, id: HOSTILE }]],
    ["/api/metrics", [hostileMetric(symbol)]],
    [
      "/api/logs",
      [{ ...bears, level: "warn", event: HOSTILE, service: HOSTILE, [HOSTILE]: HOSTILE }],
    ],
  ];
}

async function send(method: string, path: string, body: object): Promise<void> {
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const answer = await fetch(`${product.url}${path}`, {
    ...{ method, headers },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
}
