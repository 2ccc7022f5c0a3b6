import type { Page } from "playwright-core";
import { beforeEach, expect, it } from "vitest";
import { BrowsedProduct } from "./browsing/browsed-product.ts";
import { expectSound } from "./browsing/sound-page.ts";
import { emptyDataDir } from "./product.ts";

/** What the browser of the tests was asked: it has no screen for notices. */
interface Asked {
  leaves: number;
  shown: { title: string; body: string; tag: string; onclick?: () => void; close(): void }[];
}
declare global {
  interface Window {
    asked: Asked;
  }
}

const browsed = new BrowsedProduct({ folder: emptyDataDir() });
let page: Page;

beforeEach(() => {
  page = browsed.page;
});

/** Notices that are noted and not shown; `leave`: what the reader says once they are asked. */
async function withNotices(leave: "granted" | "denied"): Promise<void> {
  await page.addInitScript((answer) => {
    window.asked = { leaves: 0, shown: [] };
    const kept = () => localStorage.getItem("test.leave") as NotificationPermission | null;
    class Notice {
      constructor(title: string, options: { body: string; tag: string }) {
        window.asked.shown.push(Object.assign(this, { title, ...options }) as never);
      }
      static get permission() {
        return kept() ?? "default";
      }
      static async requestPermission() {
        window.asked.leaves += 1;
        localStorage.setItem("test.leave", answer);
        return answer;
      }
      close() {}
    }
    Object.assign(window, { Notification: Notice });
  }, leave);
}

const box = () => page.getByRole("checkbox", { name: /begins to fire/ });
const shown = () =>
  page.evaluate(() => window.asked.shown.map(({ title, body }) => ({ title, body })));

it("AL-4 a rule that fires is told on whatever page is open, once, and leads to its symbol", async () => {
  await withNotices("granted");
  await browsed.open("/alerts");
  expect(await box().isChecked()).toBe(false);
  expect(await page.evaluate(() => window.asked.leaves)).toBe(0);
  const stream = page.waitForEvent("websocket", (one) => one.url().includes("channels=alert"));
  await box().click();
  await expect.poll(() => box().isChecked()).toBe(true);
  expect(await page.evaluate(() => window.asked.leaves)).toBe(1);
  // The first shows what they look like.
  expect(await shown()).toHaveLength(1);
  await stream;

  await page.getByRole("link", { name: "Trace" }).click();
  const rule = { on: { metric: "lag" }, symbols: "TOLD", condition: { above: 5 } };
  const set = await browsed.fetch("/api/alerts/rules/slow", {
    ...{ method: "PUT", body: JSON.stringify(rule) },
    headers: { "content-type": "application/json" },
  });
  expect(set.status, await set.text()).toBe(201);
  await browsed.push("/api/metrics", { symbol: "TOLD", metric: "lag", value: 9.25 });
  await expect.poll(shown).toHaveLength(2);
  expect((await shown())[1]).toMatchObject({
    title: "slow · TOLD · 9.25",
    body: "TOLD lag is 9.25: above 5",
  });
  await page.evaluate(() => window.asked.shown[1]?.onclick?.());
  await page.getByTestId("active-alerts").getByText("slow").waitFor();
  expect(new URL(page.url()).pathname).toBe("/s/TOLD");

  // The browser keeps the choice, and what fires already is no news.
  await browsed.open("/alerts");
  expect(await box().isChecked()).toBe(true);
  await box().click();
  await expect.poll(() => box().isChecked()).toBe(false);
  await page.reload();
  await box().waitFor();
  expect(await box().isChecked()).toBe(false);
  expect(await shown()).toEqual([]);
});

it("a browser that may not says why, and is not asked again", async () => {
  await withNotices("denied");
  await browsed.open("/alerts");
  await box().click();
  await page.getByText("Its settings forbid this site to.").waitFor();
  expect(await box().isChecked()).toBe(false);
  expect(await box().isDisabled()).toBe(true);
  await page.addInitScript(() =>
    Object.defineProperty(window, "isSecureContext", { value: false }),
  );
  await page.reload();
  await page.getByText("That needs HTTPS, or 127.0.0.1.").waitFor();
  expect(await box().isDisabled()).toBe(true);
  await expectSound(browsed, "/alerts", "active-alerts");
});
