import type { Page } from "playwright-core";
import { beforeEach, expect, it } from "vitest";
import type { AlertRulesAnswer } from "../../src/protocol/answers/alerts.ts";
import { BrowsedProduct } from "./browsing/browsed-product.ts";
import { emptyDataDir } from "./product.ts";

/** Rules and webhooks set on the page, by who has no token that writes until the page asks for one. */
const MOST_STOPS = 120;
const browsed = new BrowsedProduct({ folder: emptyDataDir() });
let page: Page;

beforeEach(() => {
  page = browsed.page;
});

it("who has no token sets a rule by keys alone: the page asks for one, and the rule is set and fires", async () => {
  await browsed.open("/alerts", null);
  await page.getByText("Nothing fires and nothing is pending.").waitFor();
  await tabTo("New rule");
  await page.keyboard.press("Enter");
  const typed = {
    ...{ Name: "by-keys", Symbols: "KEYED", Metric: "lag", Bound: "5" },
    Message: "{symbol} lags",
  };
  for (const [label, text] of Object.entries(typed)) {
    await tabTo(label);
    await page.keyboard.press("ControlOrMeta+a");
    await page.keyboard.type(text);
  }
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog", { name: "A token that may write, please" });
  await dialog.getByText('npm run -s token -- --scope "read write"').waitFor();
  expect(await dialog.getByRole("alert").count()).toBe(0);

  // Who thinks better of it has lost nothing, and is where they were.
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });
  await page.getByRole("alert").getByText("needs a token").waitFor();
  expect(await focused()).toBe("Message");
  expect(await page.getByLabel("Message").inputValue()).toBe("{symbol} lags");
  await page.keyboard.press("Enter");

  // One that is none is refused in place, and spoils no reading.
  await dialog.waitFor();
  await page.keyboard.type("nonsense");
  await page.keyboard.press("Enter");
  await dialog.getByRole("alert").getByText("refused the token").waitFor();
  await page.keyboard.type(await browsed.product.token({ scopes: ["read", "write"] }));
  await page.keyboard.press("Enter");
  await page.getByTestId("alert-rules").getByText("lag above 5").waitFor();
  expect(await page.locator("dialog").count()).toBe(0);
  await browsed.push("/api/metrics", { symbol: "KEYED", metric: "lag", value: 9 });
  await page.getByTestId("active-alerts").getByText("KEYED lags").waitFor();

  // It is that of the tab from now on.
  await page.getByRole("button", { name: "Edit" }).click();
  await page.getByLabel("Message").fill("{symbol} lags again");
  await page.getByRole("button", { name: "Change the rule" }).click();
  await page.getByRole("form", { name: "Rule by-keys" }).waitFor({ state: "detached" });
  expect((await kept())?.message).toBe("{symbol} lags again");
  await page.getByRole("button", { name: /^Sign out/ }).click();

  // To take it away the page asks again.
  await page.getByRole("button", { name: "Delete", exact: true }).click();
  await page.getByRole("button", { name: "Delete it for good" }).click();
  await dialog.getByLabel("Token").fill(await browsed.product.token());
  await dialog.getByRole("button", { name: "Go on" }).click();
  await page.getByText("No rule is set.").waitFor();
});

it("a token put away after one that is refused leaves the page to read as before", async () => {
  await browsed.open("/alerts", null);
  await page.getByRole("button", { name: "New rule" }).click();
  await page.getByLabel("Name", { exact: true }).fill("never");
  await page.getByLabel("Metric", { exact: true }).fill("lag");
  await page.getByLabel("Bound").fill("5");
  await page.getByRole("button", { name: "Set the rule" }).click();
  const dialog = page.locator("dialog");
  await dialog.getByLabel("Token").fill("nonsense");
  await dialog.getByRole("button", { name: "Go on" }).click();
  await dialog.getByRole("alert").waitFor();
  await dialog.getByRole("button", { name: "Not now" }).click();
  await dialog.waitFor({ state: "detached" });
  const told = page.waitForResponse((response) => response.url().endsWith("/api/alerts"));
  expect((await told).status()).toBe(200);
  expect(await page.getByRole("button", { name: /^Sign out/ }).count()).toBe(0);
});

it("who may only read is told what the token may not, and goes on with one that may write", async () => {
  await browsed.open("/alerts", await browsed.product.token({ scopes: ["read"] }));
  await page.getByRole("button", { name: "New rule" }).click();
  await page.getByLabel("Name", { exact: true }).fill("mine");
  await page.getByLabel("Metric", { exact: true }).fill("lag");
  await page.getByLabel("Bound").fill("5");
  await page.getByRole("button", { name: "Set the rule" }).click();
  const dialog = page.getByRole("dialog", { name: "A token that may write, please" });
  await dialog.getByRole("alert").getByText("scope write").waitFor();
  await dialog.getByLabel("Token").fill(await browsed.product.token());
  await dialog.getByRole("button", { name: "Go on" }).click();
  await page.getByTestId("alert-rules").getByText("mine").waitFor();
});

async function kept() {
  return (await browsed.ask<AlertRulesAnswer>("/api/alerts/rules")).rules[0];
}

/** Presses Tab until what bears that name has the focus. */
async function tabTo(name: string): Promise<void> {
  for (let stop = 0; stop < MOST_STOPS; stop++) {
    await page.keyboard.press("Tab");
    if ((await focused()) === name) return;
  }
  throw new Error(`Tab never reaches ${name}`);
}

async function focused(): Promise<string> {
  return await page.evaluate(() => {
    const at = document.activeElement as HTMLInputElement | null;
    return at?.labels?.[0]?.querySelector("span")?.textContent ?? at?.textContent ?? "";
  });
}
