import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { launchBrowser, PATIENCE_MS } from "./browser.ts";
import { type RunningProduct, startProduct, temporaryDataDir } from "./product.ts";
import { pushTo, pushTrade } from "./senders/push-to.ts";

/** A page whose token ends while somebody looks at it. */
let folder: ReturnType<typeof temporaryDataDir>;
let product: RunningProduct;
let browser: Browser;

beforeAll(async () => {
  folder = temporaryDataDir();
  product = await startProduct({ dataDir: folder.dataDir, environment: { PUBLIC_READ: "false" } });
  browser = await launchBrowser();
});

afterAll(async () => {
  await browser?.close();
  await product?.killGroup();
  folder.remove();
});

it("a page whose token ends keeps what it shows under the form, and goes on with the next token in place", async () => {
  await pushTrade(product, "ACME", 101.25);
  await pushTo(product, "metrics", { symbol: "ACME", metric: "load", value: 1 });
  const page = await browser.newPage({ locale: "en-US" });
  page.setDefaultTimeout(PATIENCE_MS);
  await page.goto(`${product.url}/s/ACME?interval=1m`);
  // Nothing to see yet: the form alone.
  await page.getByRole("heading", { name: "A read token, please" }).waitFor();
  expect(await page.locator("dialog, .page").count()).toBe(0);
  await give(page, await product.token({ scopes: ["read"], ttlSeconds: 15 }));
  const price = page.getByTestId("last-price");
  await price.getByText("101.25").waitFor();
  await page.getByRole("button", { name: "6h", exact: true }).waitFor();
  await page.getByRole("button", { name: "6h", exact: true }).click();
  const canvas = await page.locator("[data-testid=candle-chart] canvas").first().elementHandle();

  const form = page.locator("dialog");
  await form.getByText("goes on with another").waitFor();
  expect(await price.textContent()).toBe("101.25");
  await give(page, await product.token({ scopes: ["read"] }));
  await form.waitFor({ state: "detached" });
  await page.waitForFunction(() => window.__edgetape?.state() === "live");
  await pushTrade(product, "ACME", 102.5);
  await pushTo(product, "metrics", { symbol: "ACME", metric: "load", value: 1 });
  await price.getByText("102.50").waitFor();
  // The page is the one of before, and was not begun anew.
  expect(await canvas?.evaluate((element) => element.isConnected)).toBe(true);
  const chosen = page.getByRole("button", { name: "6h", exact: true });
  expect(await chosen.getAttribute("aria-pressed")).toBe("true");
  await page.close();
});

async function give(page: Page, token: string): Promise<void> {
  await page.locator("#token").fill(token);
  await page.getByRole("button", { name: "Open" }).click();
}
