import type { Page } from "playwright-core";
import { beforeEach, expect, it } from "vitest";
import { BrowsedProduct } from "./browsing/browsed-product.ts";
import { axeFaults } from "./browsing/sound-page.ts";
import { emptyDataDir } from "./product.ts";

/** The page of the market: its rows, and what they are on paper. */
const SYMBOLS = 40;
const browsed = new BrowsedProduct({ folder: emptyDataDir() });
let page: Page;

beforeEach(() => {
  page = browsed.page;
});

const nameOf = (at: number) => `ROW-${String(at).padStart(2, "0")}`;
const NAMES = Array.from({ length: SYMBOLS }, (_, at) => nameOf(at));
/** The seventh of the price before, so that names and prices stand in different orders. */
const priceOf = (at: number) => 1 + ((at * 7) % SYMBOLS);
const BY_PRICE = NAMES.toSorted((a, b) => priceOf(NAMES.indexOf(a)) - priceOf(NAMES.indexOf(b)));

/** But for what is no market's symbol, which stands last once there is something of it. */
const shown = async () => {
  const names = await page.getByTestId("symbol-row").getByRole("link").allTextContents();
  return names.filter((name) => !name.startsWith("_"));
};
const head = (name: string) => page.getByRole("columnheader", { name });

it("rows are sorted by the heads, by click and key, and favourites stand first, also after a reload", async () => {
  await browsed.push(
    "/api/trades",
    NAMES.map((symbol, at) => ({ symbol, price: priceOf(at), size: 1 })),
  );
  await browsed.open("/");
  await expect.poll(shown).toEqual(NAMES);
  expect(await head("Symbol").getAttribute("aria-sort")).toBe("ascending");
  await head("Last").first().getByRole("button").click();
  expect(await head("Symbol").getAttribute("aria-sort")).toBeNull();
  expect(await head("Last").first().getAttribute("aria-sort")).toBe("descending");
  await expect.poll(shown).toEqual(BY_PRICE.toReversed());
  // The head has the focus.
  await page.keyboard.press("Enter");
  await expect.poll(shown).toEqual(BY_PRICE);
  // Rows that were out of sight have their own prices.
  const last = page.getByTestId("symbol-row").filter({ hasText: BY_PRICE.at(-1) as string });
  await last.scrollIntoViewIfNeeded();
  await last.getByText(`${SYMBOLS}.00`).waitFor();

  // A star by a key: the row moves, and the focus with it.
  const favourite = nameOf(12);
  const star = page.getByRole("button", { name: `Favourite: ${favourite}` });
  await star.focus();
  await page.keyboard.press("Enter");
  const starred = [favourite, ...BY_PRICE.filter((name) => name !== favourite)];
  await expect.poll(shown).toEqual(starred);
  expect(await star.getAttribute("aria-pressed")).toBe("true");
  expect(await star.evaluate((element) => element === document.activeElement)).toBe(true);
  expect(await axeFaults(page)).toEqual([]);

  await page.reload();
  await expect.poll(shown).toEqual(starred);
  // Enter in the search opens what stands first.
  await page.getByRole("searchbox").press("Enter");
  await page.getByTestId("last-price").waitFor();
  expect(new URL(page.url()).pathname).toBe(`/s/${favourite}`);
  await page.goBack();
  await star.click();
  await expect.poll(shown).toEqual(BY_PRICE);
});

it("a price that passes another moves its row by itself", async () => {
  await browsed.open("/");
  await head("Last").first().getByRole("button").click();
  const lowest = BY_PRICE[0] as string;
  await expect.poll(async () => (await shown()).at(-1)).toBe(lowest);
  await browsed.push("/api/trades", [{ symbol: lowest, price: 1_000, size: 1 }]);
  await expect.poll(async () => (await shown())[0]).toBe(lowest);
});

it("a row that is out of sight holds no rows that have left the page", async () => {
  // Some seven rows are in sight, or about to be.
  await page.setViewportSize({ width: 1_280, height: 300 });
  await browsed.open("/");
  // Not by locators: each holds the element that it has found, and so the rows beside it.
  const count = () => page.evaluate(() => document.querySelectorAll("tbody tr").length);
  await expect.poll(count).toBeGreaterThan(SYMBOLS - 1);
  // All are painted while all are there, the last of them too.
  await page.evaluate(async () => {
    const frame = () => new Promise(requestAnimationFrame);
    window.scrollTo(0, document.body.scrollHeight);
    for (let frames = 0; frames < 10; frames += 1) await frame();
    window.scrollTo(0, 0);
    for (let frames = 0; frames < 10; frames += 1) await frame();
  });
  await page.getByRole("searchbox").fill("ROW-3");
  await expect.poll(count).toBe(10);
  const devtools = await browsed.context.newCDPSession(page);
  const heldRows = async () => {
    await devtools.send("HeapProfiler.collectGarbage");
    // A session of its own: one keeps the elements that it was told of.
    const session = await browsed.context.newCDPSession(page);
    const { detachedNodes } = await session.send("DOM.getDetachedDomNodes");
    await session.detach();
    return detachedNodes.filter(({ treeNode }) => treeNode.nodeName === "TR").length;
  };
  await expect.poll(heldRows).toBe(0);
});

it("on paper each symbol has all of its letters", async () => {
  const long = "A-LONG-NAME/USDT:USDT-241227-C-100000";
  await browsed.push("/api/trades", [{ symbol: long, price: 91_234_567.25, size: 99_999_999 }]);
  await browsed.open("/");
  await page.getByRole("link", { name: long }).waitFor();
  await page.emulateMedia({ media: "print" });
  // A4 with and without margins.
  for (const width of [794, 700]) {
    await page.setViewportSize({ width, height: 1_123 });
    const cut = await page
      .locator(".symbol-table tbody th")
      .evaluateAll((names) =>
        names.filter((name) => name.scrollWidth > name.clientWidth).map((name) => name.textContent),
      );
    expect(cut, String(width)).toEqual([]);
  }
});
