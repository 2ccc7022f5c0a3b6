import { readdirSync, readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { launchBrowser, PATIENCE_MS } from "./browser.ts";
import { PROJECT_DIR } from "./product.ts";

/** A server that has the dashboard's files, built by the product that began the tests, and nothing else, and after a deploy those of another build. */
const WEB = join(PROJECT_DIR, "dist/web");
const TYPES: Record<string, string> = { html: "text/html", js: "text/javascript", css: "text/css" };

let files: Map<string, string>;
let server: Server;
let url: string;
let browser: Browser;
let context: BrowserContext;

beforeAll(async () => {
  files = filesOfBuild();
  server = createServer((request, answer) => {
    const path = request.url?.split("?")[0] ?? "/";
    const isAsked = path.includes(".") || path.startsWith("/api/") || path.startsWith("/ws");
    const text =
      path === "/healthz" ? '{"status":"ok"}' : files.get(isAsked ? path : "/index.html");
    const type = TYPES[isAsked ? (path.split(".").at(-1) ?? "") : "html"] ?? "text/plain";
    answer.writeHead(text === undefined ? 503 : 200, {
      "content-type": type,
      "cache-control": "no-cache",
    });
    answer.end(text);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  browser = await launchBrowser();
  context = await browser.newContext({ locale: "en-US" });
  context.setDefaultTimeout(PATIENCE_MS);
});

afterAll(async () => {
  await browser?.close();
  server?.closeAllConnections();
  server?.close();
});

it("a page of before a deploy goes on and says that a newer one is there, and whoever loads a page has the newer one", async () => {
  const old = await opened("/");
  const other = await opened("/");
  await old.waitForFunction(() => navigator.serviceWorker.controller?.state === "activated");
  const first = await entryOf(old);
  files = anotherBuild(files, "secondXX");
  const notice = (page: Page) => page.getByText("A new version is there.");
  await notice(old).waitFor();
  await notice(other).waitFor();
  expect(await entryOf(old)).toBe(first);

  await old.getByRole("button", { name: "Reload" }).click();
  await old.waitForFunction(() => document.querySelector("script[src*=secondXX]") !== null);
  await untilKept(old, 2);
  // Its worker is the server's, and nothing newer is there.
  await old.waitForFunction(async () => {
    const registration = await navigator.serviceWorker.ready;
    return registration.waiting === null && registration.installing === null;
  });
  expect(await notice(old).count()).toBe(0);
  // The server has no script of the build before, and the page of that build has.
  expect(await entryOf(other)).toBe(first);
  await other.getByRole("link", { name: "Trace", exact: true }).click();
  await other.getByRole("heading", { name: "Trace", exact: true }).waitFor();

  // Two builds are kept, however many there were.
  files = anotherBuild(files, "thirdone");
  await notice(old).waitFor();
  await old.reload();
  await old.waitForFunction(() => document.querySelector("script[src*=thirdone]") !== null);
  await old.waitForFunction(async () => {
    const kept = await caches.keys();
    const newest = await caches.open(kept.at(-1) ?? "");
    const names = (await newest.keys()).map((each) => each.url).join();
    return kept.length === 2 && names.includes("thirdone");
  });
});

async function opened(path: string): Promise<Page> {
  const page = await context.newPage();
  await page.goto(`${url}${path}`);
  await page.getByRole("link", { name: "Trace", exact: true }).waitFor();
  return page;
}

async function untilKept(page: Page, builds: number): Promise<void> {
  await page.waitForFunction(async (count) => (await caches.keys()).length === count, builds);
}

async function entryOf(page: Page): Promise<string | undefined> {
  return await page.evaluate(
    () => document.querySelector<HTMLScriptElement>("script[type=module]")?.src,
  );
}

function filesOfBuild(): Map<string, string> {
  const names = readdirSync(WEB, { recursive: true, encoding: "utf8" });
  return new Map(
    names
      .filter((name) => /\.(html|js|css)$/.test(name))
      .map((name) => [`/${name}`, readFileSync(join(WEB, name), "utf8")]),
  );
}

/** The same build under other names: each script is another file, and the worker knows them. */
function anotherBuild(before: ReadonlyMap<string, string>, hash: string): Map<string, string> {
  const renamed = (text: string) => text.replace(/-[\w-]{8}\.js/g, `-${hash}.js`);
  return new Map(
    [...before].map(([name, text]) => {
      const version = text.replace(/"version":"[^"]*"/, `"version":"${hash}"`);
      return [renamed(name), renamed(version)];
    }),
  );
}
