import type { Page } from "playwright-core";
import { beforeEach, expect, it } from "vitest";
import type { AlertRulesAnswer, AlertsAnswer } from "../../src/protocol/answers/alerts.ts";
import { PATIENCE_MS } from "./browser.ts";
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

it("what an alert has said is asked for as soon as it is known to have turned", async () => {
  const asked: string[] = [];
  await page.route(/\/api\/alerts(\/history)?(\?|$)/, async (route) => {
    const isHistory = route.request().url().includes("/history");
    if (isHistory) asked.push("history");
    const answer = await route.fetch();
    if (!isHistory) asked.push((await answer.text()).includes("TURNED") ? "fires" : "is well");
    await route.fulfill({ response: answer });
  });
  await browsed.open("/alerts");
  await page.getByTestId("active-alerts").waitFor();
  await putRule("turned", { symbols: "TURNED", condition: { above: 5 } });
  await browsed.push("/api/metrics", { symbol: "TURNED", metric: "lag", value: 9 });
  await page.getByTestId("alert-changes").getByRole("link", { name: "TURNED" }).waitFor();
  const at = asked.indexOf("fires");
  expect(asked.slice(at, at + 2)).toEqual(["fires", "history"]);
  await page.unrouteAll({ behavior: "ignoreErrors" });
  await browsed.fetch("/api/alerts/rules/turned", { method: "DELETE" });
});

it("the page of a symbol says what fires as its room tells of it, and no longer than that", async () => {
  await putRule("turning", {
    ...{ symbols: "TURNS", on: { price: "last" }, condition: { below: 90 } },
  });
  const trade = (price: number) => browsed.push("/api/trades", { symbol: "TURNS", price, size: 1 });
  await trade(100);
  await browsed.open("/s/TURNS");
  await page.getByTestId("last-price").getByText("100").waitFor();
  const firing = page.getByTestId("active-alerts");
  // Whoever asked each minute would have each of these a minute late.
  for (const [price, isFiring] of [
    [88, true],
    [102, false],
    [87, true],
    [103, false],
  ] as const) {
    await trade(price);
    await firing.waitFor({ state: isFiring ? "visible" : "detached", timeout: 30_000 });
  }
  await browsed.fetch("/api/alerts/rules/turning", { method: "DELETE" });
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

it("takes no token that would take the page away, and asks again where it was left in the middle", async () => {
  await browsed.open("/alerts", null);
  const show = page.getByRole("button", { name: "Show webhooks" });
  const dialog = page.getByRole("dialog", { name: "A token that may write, please" });
  await show.click();
  // As a chat program makes quotes round.
  await dialog.getByLabel("Token").fill(`\u201c${await browsed.product.token()}\u201d`);
  await dialog.getByRole("button", { name: "Go on" }).click();
  await dialog.getByRole("alert").getByText("That is no token").waitFor();
  await dialog.getByLabel("Token").fill(await browsed.product.token({ scopes: ["write"] }));
  await dialog.getByRole("button", { name: "Go on" }).click();
  await dialog.getByRole("alert").getByText("scope read").waitFor();
  await page.evaluate(() => {
    window.location.hash = "elsewhere";
  });
  await dialog.waitFor({ state: "detached" });
  expect(await page.evaluate(() => sessionStorage.getItem("edgetape.token"))).toBeNull();
  await show.click();
  await dialog.getByLabel("Token").fill(await browsed.product.token());
  await dialog.getByRole("button", { name: "Go on" }).click();
  await page.getByRole("button", { name: "Add a webhook" }).waitFor();
});

it("who may only read is told what the token may not, and goes on with one that may write", async () => {
  await browsed.open("/alerts", await browsed.product.token({ scopes: ["read"] }));
  await page.getByRole("button", { name: "New rule" }).click();
  await page.getByLabel("Name", { exact: true }).fill("mine");
  await page.getByLabel("Symbols", { exact: true }).fill("MINE");
  await page.getByLabel("Metric", { exact: true }).fill("lag");
  await page.getByLabel("Bound").fill("5");
  await page.getByRole("button", { name: "Set the rule" }).click();
  const dialog = page.getByRole("dialog", { name: "A token that may write, please" });
  await dialog.getByRole("alert").getByText("scope write").waitFor();
  await dialog.getByLabel("Token").fill(await browsed.product.token());
  await dialog.getByRole("button", { name: "Go on" }).click();
  await page.getByTestId("alert-rules").getByText("mine", { exact: true }).waitFor();
});

it("a rule that is tried tells its firings, each value to the digit that matters, and all else folded", async () => {
  const push = (...values: number[]) => {
    const nowUs = Date.now() * 1_000;
    const points = values.map((value, i) => ({ metric: "lag", value, ts: nowUs + i }));
    return browsed.push(
      "/api/metrics",
      points.map((point) => ({ symbol: "TRIED", ...point })),
    );
  };
  // Live it says when the time has come.
  await putRule("tried", { symbols: "TRIED", condition: { above: 91_700 }, for: "1s" });
  await push(1, 91_700.4, 91_699.6);
  await push(91_700.5);
  const firing = async () =>
    (await browsed.ask<AlertsAnswer>("/api/alerts?symbol=TRIED&state=firing")).alerts;
  await expect.poll(firing, { timeout: PATIENCE_MS }).toHaveLength(1);
  await push(1);
  await browsed.fetch("/api/alerts/rules/tried", { method: "DELETE" });
  await browsed.open("/alerts");
  await page.getByRole("button", { name: "New rule" }).click();
  await page.getByLabel("Symbols", { exact: true }).fill("TRIED");
  await page.getByLabel("Metric", { exact: true }).fill("lag");
  await page.getByLabel("Bound").fill("91700");
  await page.getByLabel("For at least").fill("1s");
  await page.getByRole("button", { name: "Try it over the last" }).click();
  const tried = page.getByTestId("backtested");
  await tried.getByText("It would have fired once").waitFor();
  const told = async () => (await tried.getByRole("row").allInnerTexts()).map((row) => row.trim());
  const headings = tried.getByRole("columnheader");
  expect(await headings.allInnerTexts()).toEqual(["When", "Symbol", "From, to", "Value"]);
  expect(await told()).toEqual([
    expect.stringMatching(/^When/),
    expect.stringMatching(/firing to inactive\s+1\.00$/),
    expect.stringMatching(/pending to firing\s+91,700\.50$/),
  ]);
  await tried.getByText("All 5 changes").click();
  expect((await told()).join()).toMatch(/pending to inactive\s+91,699\.60/);
});

it("on a phone no word of the tables is broken", async () => {
  await page.setViewportSize({ width: 390, height: 844 });
  const condition = { above: 5 };
  await putRule("a-feed-that-is-down", { symbols: "PHONE", condition, severity: "critical" });
  await browsed.push("/api/metrics", { symbol: "PHONE", metric: "lag", value: 12_345.25 });
  await browsed.open("/alerts");
  await page.getByTestId("alert-changes").getByText("firing").first().waitFor();
  await page.getByTestId("alert-rules").locator(".state.is-firing").waitFor();
  const broken = await page.evaluate(() => {
    const walker = document.createTreeWalker(document.querySelector("main") as Element, 4);
    const words: string[] = [];
    for (let text = walker.nextNode(); text !== null; text = walker.nextNode()) {
      if (text.parentElement?.closest("td, th") === null) continue;
      for (const { 0: word, index } of text.textContent?.matchAll(/[^\s-]+/g) ?? []) {
        const range = document.createRange();
        range.setStart(text, index);
        range.setEnd(text, index + word.length);
        if (range.getClientRects().length > 1) words.push(word);
      }
    }
    return words;
  });
  expect(broken).toEqual([]);
  // What changes a rule is in sight too.
  const last = page.getByRole("button", { name: "Delete", exact: true }).first();
  const box = await last.boundingBox();
  expect((box?.x ?? 0) + (box?.width ?? 0)).toBeLessThanOrEqual(390);
});

it("webhooks are shown to who gives a token that writes, and are added, tried and deleted there", async () => {
  await putRule("told", { symbols: "HOOK", condition: { above: 5 }, webhooks: [] });
  await browsed.open("/alerts", null);
  await page.getByRole("button", { name: "Show webhooks" }).click();
  const dialog = page.getByRole("dialog", { name: "A token that may write, please" });
  // All symbols are told to a webhook.
  await dialog.getByLabel("Token").fill(await browsed.product.token({ symbols: ["HOOK"] }));
  await dialog.getByRole("button", { name: "Go on" }).click();
  await dialog.getByRole("alert").getByText("told of all symbols").waitFor();
  await dialog.getByLabel("Token").fill(await browsed.product.token());
  await dialog.getByRole("button", { name: "Go on" }).click();
  await page.getByLabel("Webhook", { exact: true }).fill("pager");
  await page.getByLabel("Address").fill("http://pager.invalid/");
  const add = page.getByRole("button", { name: "Add a webhook" });
  await add.click();
  // The server says what an address must be.
  await page.getByRole("alert").getByText("https").waitFor();
  await page.getByLabel("Address").fill("https://pager.invalid/alerts");
  await add.click();
  await page
    .getByRole("status")
    .getByText(/whsec_\S+/)
    .waitFor();
  const row = page.getByTestId("webhooks").getByRole("row");
  await row.getByText("https://pager.invalid/alerts").waitFor();
  expect(await row.innerText()).toContain("nothing waits");
  expect(await row.innerText()).not.toMatch(/told by.*\btold\b/);
  await row.getByRole("button", { name: "Test" }).click();
  await page.getByRole("status").getByText("the test did not arrive").waitFor();
  await page.getByLabel("Webhook", { exact: true }).fill("pager");
  await page.getByLabel("Address").fill("https://elsewhere.invalid/");
  await add.click();
  await page.getByRole("status").getByText("There is a webhook pager already").waitFor();
  await row.getByRole("button", { name: "Delete" }).click();
  await row.getByRole("button", { name: "Delete it for good" }).click();
  await row.waitFor({ state: "detached" });
  const { webhooks } = await browsed.ask<{ webhooks: unknown[] }>("/api/alerts/webhooks");
  expect(webhooks).toEqual([]);
});

/** On the metric `lag`. */
async function putRule(name: string, rule: object): Promise<void> {
  const body = JSON.stringify({ on: { metric: "lag" }, ...rule });
  const answer = await browsed.fetch(`/api/alerts/rules/${name}`, { method: "PUT", body });
  expect(answer.status, await answer.text()).toBe(201);
}

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
