import type { Page } from "playwright-core";

/** Texts, for the bench itself has no window. The first frame only begins the count. */
const WATCH = `
  window.frameMs = [];
  window.isWatched = true;
  let before = null;
  const tick = (now) => {
    if (before !== null) window.frameMs.push(now - before);
    before = now;
    if (window.isWatched) requestAnimationFrame(tick);
  };
  requestAnimationFrame(tick);
`;
/** With the frame that is under way, so there is one however short the time was. */
const END = `new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => {
  window.isWatched = false;
  resolve(window.frameMs);
})))`;

/** How long the frames took while `act` was done, in ms. */
export async function framesDuring(page: Page, act: () => Promise<void>): Promise<number[]> {
  await page.evaluate(`(() => {${WATCH}})()`);
  await act();
  return await page.evaluate<number[]>(END);
}

/** What the page's scripts hold once nothing is left to be collected, in MB. */
export async function heapMb(page: Page): Promise<number> {
  const session = await page.context().newCDPSession(page);
  await session.send("HeapProfiler.collectGarbage");
  const { usedSize } = await session.send("Runtime.getHeapUsage");
  await session.detach();
  return usedSize / 1e6;
}

export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
