import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Browser, Frame, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { soon } from "../soon.ts";
import { launchBrowser, PATIENCE_MS } from "./browser.ts";
import { type RunningProduct, startProduct, temporaryDataDir } from "./product.ts";
import { pushTo, pushTrade } from "./senders/push-to.ts";

/** A page of somebody else, with a chart of ours in a frame. */
let folder: ReturnType<typeof temporaryDataDir>;
let product: RunningProduct;
let browser: Browser;
let named: Server;
let unnamed: Server;

beforeAll(async () => {
  folder = temporaryDataDir();
  [named, unnamed] = [await siteOfOthers(), await siteOfOthers()];
  product = await startProduct({
    dataDir: folder.dataDir,
    environment: { PUBLIC_READ: "false", EMBED_ORIGINS: originOf(named) },
  });
  browser = await launchBrowser();
  for (const price of [101, 101.25]) await pushTrade(product, "ACME", price);
});

afterAll(async () => {
  await browser?.close();
  await product?.killGroup();
  for (const server of [named, unnamed]) {
    server.close();
    server.closeAllConnections();
  }
  folder.remove();
});

it("A-9 the origins that are named show a live chart in a frame, with a token that only the fragment has", async () => {
  const asked: string[] = [];
  const token = await product.token({ scopes: ["read"], symbols: ["ACME"] });
  const { page, frame } = await embed(named, `/embed/ACME?interval=1m#token=${token}`, asked);
  await frame.getByTestId("last-price").getByText("101.25").waitFor();
  await frame.locator("[data-testid=candle-chart] canvas").first().waitFor();
  await frame.waitForFunction(() => window.__edgetape?.state() === "live");
  await pushTrade(product, "ACME", 103.5);
  await frame.getByTestId("last-price").getByText("103.50").waitFor();
  // One chart and no page around it, within its frame.
  expect(await frame.locator(".top-bar, .watchlist, .trades-pane").count()).toBe(0);
  const room = await frame.evaluate(() => {
    const { scrollWidth, scrollHeight } = document.documentElement;
    return [scrollWidth - window.innerWidth, scrollHeight - window.innerHeight];
  });
  expect(room).toEqual([0, 0]);
  const ours = asked.filter((url) => url.startsWith(product.url));
  expect(ours.length).toBeGreaterThan(5);
  expect(ours.filter((url) => url.includes(token))).toEqual([]);
  await page.close();
});

it("a frame asks for, is told and shows nothing of who trades there", async () => {
  const asked: string[] = [];
  const told: string[] = [];
  const token = await product.token({ scopes: ["read"], symbols: ["ACME", "OTHER"] });
  const ts = Date.now() * 1_000;
  const secrets = [
    ["positions", { quantity: 4321, avg_price: 99.75, account: "secret-desk" }],
    ["orders", { id: "secret-order", status: "filled", side: "buy", filled: 5, avg_price: 101 }],
    ["notes", { text: "secret note" }],
    ["metrics", { metric: "secret_metric", value: 7 }],
    ["books", { type: "snapshot", bids: [[98.765, 43]], asks: [[123.456, 3]] }],
  ] as const;
  const pushSecrets = async (at: number) => {
    for (const [route, body] of secrets)
      await pushTo(product, route, { symbol: "ACME", ts: at, ...body });
  };
  await pushSecrets(ts);
  // Of others it needs nothing either.
  await pushTrade(product, "OTHER", 7);
  const { page, frame } = await embed(named, `/embed/ACME?interval=1m#token=${token}`, asked, told);
  await frame.waitForFunction(() => window.__edgetape?.state() === "live");
  await pushSecrets(ts + 1);
  await pushTrade(product, "ACME", 103.5);
  await frame.waitForFunction(() => (window.__edgetape?.cursor() ?? 0) > 0);
  await soon(() => expect(told.some((text) => text.includes('"price":103.5'))).toBe(true));
  const paths = asked
    .map((url) => new URL(url).pathname)
    .filter((path) => path.startsWith("/api/"));
  expect([...new Set(paths)].sort()).toEqual(["/api/history/ACME", "/api/symbols"]);
  expect(told.join()).not.toMatch(/secret|4321|98\.765|"kind":"(?!trade)/);
  expect(await frame.locator("body").innerText()).not.toMatch(
    /Position|secret|Orders|Notes|Viewers/,
  );
  expect(await frame.locator(".layers input").count()).toBe(6);
  // A page of somebody else has no way to the alerts.
  expect(await frame.getByRole("button", { name: "Alert" }).count()).toBe(0);
  await page.close();
});

it("a frame without a good token says so, and begins in place with one in its fragment", async () => {
  const { page, frame } = await embed(named, "/embed/ACME");
  await frame.getByRole("alert").getByText("needs a token").waitFor();
  const token = await product.token({ scopes: ["read"], symbols: ["ACME"] });
  await page.evaluate((hash) => {
    const element = document.querySelector("iframe") as HTMLIFrameElement;
    element.src = `${element.src}#token=${hash}`;
  }, token);
  await frame.getByTestId("last-price").getByText("103.50").waitFor();
  expect(await frame.getByRole("alert").count()).toBe(0);
  await page.close();
});

it("A-9 no other origin shows it, and no page but /embed/ is shown by any", async () => {
  for (const [site, path] of [
    [unnamed, "/embed/ACME"],
    [named, "/s/ACME"],
    [named, "/"],
  ] as const) {
    const { page, frame } = await embed(site, path);
    expect(await frame.locator("#app").count(), path).toBe(0);
    await page.close();
  }
});

async function embed(
  site: Server,
  path: string,
  asked: string[] = [],
  told: string[] = [],
): Promise<{ page: Page; frame: Frame }> {
  const page = await browser.newPage({ locale: "en-US" });
  page.setDefaultTimeout(PATIENCE_MS);
  page.on("request", (request) => asked.push(`${request.url().split("#")[0]}`));
  page.on("websocket", (socket) => {
    asked.push(socket.url());
    socket.on("framereceived", ({ payload }) => told.push(`${payload}`));
  });
  await page.goto(`${originOf(site)}/?${encodeURIComponent(`${product.url}${path}`)}`);
  const element = await page.waitForSelector("iframe");
  const frame = await element.contentFrame();
  return { page, frame: frame ?? expect.fail("no frame") };
}

/** Shows in a frame whatever address its own address ends with. */
async function siteOfOthers(): Promise<Server> {
  const server = createServer(({ url }, answer) => {
    const framed = decodeURIComponent(url?.slice(2) ?? "");
    answer.setHeader("content-type", "text/html");
    answer.end(`<!doctype html><iframe width="640" height="360" src="${framed}"></iframe>`);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
}

function originOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
