import { fileURLToPath } from "node:url";
import type { Browser, Page } from "playwright-core";
import { launchBrowser } from "../../../test/e2e/browser.ts";
import { cpuSeconds, descendants } from "../../targets/process-figures.ts";

/** A page of the dashboard in a Chromium that has never seen it. */
export type OpenedPage = { page: Page; close(): Promise<void> };

/** Chromium for one scenario, with a window as large as a desk's. */
export async function withBrowser(use: (browser: Browser) => Promise<void>): Promise<void> {
  const browser = await launchBrowser();
  try {
    await use(browser);
  } finally {
    await browser.close();
  }
}

/** What runs in a page before its own scripts, and the globals that it finds there. */
type Watch = { script: URL; globals: Record<string, string> };

/** A page with nothing in its cache. */
export async function openPage(browser: Browser, url: string, watch?: Watch): Promise<OpenedPage> {
  const context = await browser.newContext({ viewport: { width: 1_440, height: 900 } });
  const page = await context.newPage();
  if (watch !== undefined) {
    await page.addInitScript((globals) => Object.assign(globalThis, globals), watch.globals);
    await page.addInitScript({ path: fileURLToPath(watch.script) });
  }
  await page.goto(url, { waitUntil: "commit" });
  return { page, close: () => context.close() };
}

/** Processor time of what draws and runs pages, in seconds; Chromium's other processes are left out. */
export function rendererCpuSeconds(): number {
  return descendants(process.pid)
    .filter(({ command }) => command.includes("--type=renderer"))
    .reduce((sum, { pid }) => sum + cpuSeconds(pid), 0);
}
