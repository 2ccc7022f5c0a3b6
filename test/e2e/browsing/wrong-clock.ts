import type { Page } from "playwright-core";

/** The device's clock is so much ahead of the true time, from the next page on. */
export async function setWrongClock(page: Page, aheadMs: number): Promise<void> {
  await page.addInitScript((ahead) => {
    const TrueDate = Date;
    const now = () => TrueDate.now() + ahead;
    globalThis.Date = new Proxy(TrueDate, {
      construct: (target, args) => Reflect.construct(target, args.length === 0 ? [now()] : args),
      get: (target, key) => (key === "now" ? now : Reflect.get(target, key)),
    });
  }, aheadMs);
}
