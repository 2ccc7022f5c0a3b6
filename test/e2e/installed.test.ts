import axe from "axe-core";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { launchBrowser, PATIENCE_MS } from "./browser.ts";
import { type RunningProduct, startProduct, temporaryDataDir } from "./product.ts";
import { pushTrade } from "./senders/push-to.ts";

/** The dashboard as an app: kept by the browser, and opened while the server or the network is away. */
let browser: Browser;
let context: BrowserContext;
let page: Page;
let pageErrors: string[];
let folder: ReturnType<typeof temporaryDataDir>;
let product: RunningProduct;

beforeAll(async () => {
  browser = await launchBrowser();
});

afterAll(async () => {
  await browser?.close();
});

beforeEach(async () => {
  folder = temporaryDataDir();
  context = await browser.newContext({
    ...{ viewport: { width: 1_280, height: 800 }, locale: "en-US", timezoneId: "UTC" },
  });
  context.setDefaultTimeout(PATIENCE_MS);
  pageErrors = [];
  context.on("weberror", (error) => pageErrors.push(error.error().message));
  context.on("console", (message) => {
    if (message.text().includes("Content Security Policy")) pageErrors.push(message.text());
  });
  page = await context.newPage();
});

afterEach(async () => {
  await context.close();
  await product.killGroup();
  folder.remove();
  expect(pageErrors).toEqual([]);
});

describe("where anybody may read", () => {
  beforeEach(async () => {
    product = await startProduct({ dataDir: folder.dataDir });
    await pushTrade(product, "ACME", 101.25);
    await pushTrade(product, "OTHER", 7.5);
  });

  it("the browser takes it for an app, icons and all", async () => {
    await page.goto(product.url);
    const session = await context.newCDPSession(page);
    const { errors, data, url } = await session.send("Page.getAppManifest");
    expect(errors).toEqual([]);
    expect(url).toBe(`${product.url}/manifest.webmanifest`);
    const { icons } = JSON.parse(data ?? "") as {
      icons: { src: string; sizes: string; type: string; purpose: string }[];
    };
    const pictures = icons.filter(({ type }) => type === "image/png");
    expect(pictures.map(({ sizes, purpose }) => `${sizes} ${purpose}`)).toEqual([
      ...["192x192 any", "512x512 any", "192x192 maskable", "512x512 maskable"],
    ]);
    for (const { src, type, sizes } of icons) {
      const answer = await page.request.get(`${product.url}${src}`);
      expect(answer.headers()["content-type"], src).toBe(type);
      const drawn = await page.evaluate(async (path) => {
        const image = new Image();
        image.src = path;
        await image.decode();
        return `${image.naturalWidth}x${image.naturalHeight}`;
      }, src);
      if (type === "image/png") expect(drawn, src).toBe(sizes);
    }
    await untilKept();
    const { installabilityErrors } = await session.send("Page.getInstallabilityErrors");
    // A context of the tests keeps nothing for later, as a private window.
    const faults = installabilityErrors.filter(({ errorId }) => errorId !== "in-incognito");
    expect(faults).toEqual([]);
  });

  it("opens without a server with the prices it saw last and their time, and goes on by itself", async () => {
    await page.goto(product.url);
    await priceOf("ACME").getByText("101.25").waitFor();
    await untilKept();
    // By the stream alone: the list has not told of it yet.
    await pushTrade(product, "ACME", 102.5);
    await priceOf("ACME").getByText("102.50").waitFor();
    const { port } = product;
    await product.killGroup();
    // Another tab, a while later. A page that is left is told so, and one that the test closes is not.
    await page.goto("about:blank");
    await page.close();
    page = await context.newPage();
    await page.goto(product.url);
    const away = page.getByTestId("away");
    await away.getByText(/^No news from the server. Prices are old.* at \d\d:\d\d:\d\d/).waitFor();
    expect(await priceOf("ACME").textContent()).toMatch(/^102\.50\d\d:\d\d:\d\d$/);
    expect(await priceOf("OTHER").textContent()).toMatch(/^7\.50\d\d:\d\d:\d\d$/);
    for (const colorScheme of ["dark", "light"] as const) {
      await page.emulateMedia({ colorScheme });
      expect(await faultsOf(), colorScheme).toEqual([]);
    }
    await page.setViewportSize({ width: 390, height: 844 });
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
    await page.setViewportSize({ width: 1_280, height: 800 });

    // Its other pages are there too.
    await page.goto(`${product.url}/s/ACME`);
    await away.waitFor();
    await page.getByTestId("last-price").getByText("102.50").waitFor();
    expect(await page.getByTestId("as-of").textContent()).toMatch(/^as of \d\d:\d\d:\d\d$/);
    await page.locator(".no-bars").getByText("The server does not answer").waitFor();
    await page.goto(`${product.url}/trace`);
    await page.getByRole("heading", { name: "Trace", exact: true }).waitFor();
    await page.goto(product.url);
    await away.waitFor();

    product = await startProduct({ dataDir: folder.dataDir, port });
    await away.waitFor({ state: "detached" });
    await pushTrade(product, "ACME", 103.75);
    await priceOf("ACME").getByText("103.75").waitFor();
    expect(await priceOf("ACME").textContent()).toBe("103.75");
  });

  it("opens without a network, says so, and goes on by itself", async () => {
    await page.goto(product.url);
    await priceOf("ACME").getByText("101.25").waitFor();
    await untilKept();
    await context.setOffline(true);
    const away = page.getByTestId("away");
    await away.getByText("This device is offline").waitFor();
    // What is on the page stays on it.
    expect(await priceOf("ACME").textContent()).toContain("101.25");
    await page.reload();
    await away.getByText("This device is offline. Prices are old").waitFor();
    expect(await priceOf("ACME").textContent()).toContain("101.25");
    // A page that comes from the browser itself still knows that connections are few.
    const held: (string | null)[] = [];
    page.on("request", (request) => {
      const asked = new URL(request.url());
      if (asked.pathname === "/api/symbols") held.push(asked.searchParams.get("wait"));
    });
    await context.setOffline(false);
    await away.waitFor({ state: "detached" });
    await expect.poll(() => held.length).toBeGreaterThan(2);
    expect(new Set(held)).toEqual(new Set(["1"]));
  });
});

describe("where reading needs a token", () => {
  beforeEach(async () => {
    product = await startProduct({
      dataDir: folder.dataDir,
      environment: { PUBLIC_READ: "false" },
    });
    await pushTrade(product, "ACME", 101.25);
    await page.goto(product.url);
    await give(await product.token({ scopes: ["read"], ttlSeconds: 3_600 }));
    await priceOf("ACME").getByText("101.25").waitFor();
    await untilKept();
  });

  it("A-1 what a token read is the tab's own, and gone after sign-out", async () => {
    await context.setOffline(true);
    await page.reload();
    await page.getByTestId("away").getByText("Prices are old").waitFor();
    expect(await priceOf("ACME").textContent()).toContain("101.25");
    // Another tab of the same browser has nothing of it.
    const other = await context.newPage();
    await other.goto(product.url);
    await other.getByTestId("away").getByText("has kept no prices").waitFor();
    expect(await other.getByTestId("symbol-row").count()).toBe(0);
    await other.close();

    expect(await keptTexts(page)).toContain("ACME");
    await page.getByRole("button", { name: /^Sign out/ }).click();
    await page.getByTestId("away").getByText("has kept no prices").waitFor();
    expect(await page.getByTestId("symbol-row").count()).toBe(0);
    const kept = await keptTexts(page);
    expect(kept).not.toContain("ACME");
    expect(kept).not.toContain("eyJ");
    await context.setOffline(false);
    await page.getByRole("heading", { name: "A read token, please" }).waitFor();
    expect(await page.getByText("ACME").count()).toBe(0);
  });

  it("A-1 what an ended token read is not kept, whether or not another follows", async () => {
    await page.evaluate((key) => sessionStorage.setItem(key, "ended"), "edgetape.token");
    await page.reload();
    await page.getByRole("alert").getByText("refused the token").waitFor();
    expect(await keptTexts(page)).not.toContain("ACME");
    await context.setOffline(true);
    await page.reload();
    await page.getByTestId("away").getByText("has kept no prices").waitFor();
  });
});

function priceOf(symbol: string) {
  return page.locator(`[data-testid=symbol-row][data-symbol=${symbol}] td.last`);
}

/** The page and all of its scripts are kept, and the next one is opened by the worker. */
async function untilKept(): Promise<void> {
  await page.waitForFunction(() => navigator.serviceWorker.controller?.state === "activated");
}

/** All that the browser keeps of the origin for this page. */
async function keptTexts(shown: Page): Promise<string> {
  return await shown.evaluate(async () => {
    const texts = [JSON.stringify(localStorage), JSON.stringify(sessionStorage)];
    for (const name of await caches.keys()) {
      const cache = await caches.open(name);
      for (const request of await cache.keys()) {
        texts.push(request.url);
        if (request.url.includes("/assets/")) continue;
        texts.push((await (await cache.match(request))?.text()) ?? "");
      }
    }
    return texts.join("\n");
  });
}

async function faultsOf(): Promise<string[]> {
  await page.evaluate(axe.source);
  return await page.evaluate(async () => {
    const { violations } = await (window as unknown as { axe: typeof axe }).axe.run();
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target)}`);
  });
}

async function give(token: string): Promise<void> {
  await page.locator("#token").fill(token);
  await page.getByRole("button", { name: "Open" }).click();
}
