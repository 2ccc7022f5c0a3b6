import { type Browser, chromium } from "playwright-core";
import { chromiumFiles } from "./chromium-files.ts";

/** Longer than a page takes to come to a state on a machine that does ten other things. */
export const PATIENCE_MS = 90_000;

/** Starts Chromium without a window. The caller closes it. */
export async function launchBrowser(): Promise<Browser> {
  const { executablePath, args, environment } = await chromiumFiles();
  return await chromium.launch({
    executablePath,
    args: [
      ...args,
      // It looks for updates and safe-browsing lists otherwise, and waits where there is no network.
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--disable-quic",
      "--no-first-run",
    ],
    env: { ...process.env, ...environment },
  });
}
