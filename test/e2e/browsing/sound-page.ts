import axe from "axe-core";
import type { Page } from "playwright-core";
import { expect } from "vitest";
import type { BrowsedProduct } from "./browsed-product.ts";

/** What axe finds wrong with a page as it is now. */
export async function axeFaults(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  return page.evaluate(async () => {
    const { violations } = await (window as unknown as { axe: typeof axe }).axe.run();
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target)}`);
  });
}

/** Opens a page dark and light: axe finds nothing once `testId` is there, and it fits a phone. Leaves another page. */
export async function expectSound(
  browsed: BrowsedProduct,
  path: string,
  testId: string,
): Promise<void> {
  for (const colorScheme of ["dark", "light"] as const) {
    const page = await browsed.newPage(colorScheme);
    await browsed.open(path);
    await page.getByTestId(testId).first().waitFor();
    expect(await axeFaults(page), `${path} ${colorScheme}`).toEqual([]);
  }
  const { page } = browsed;
  await page.setViewportSize({ width: 390, height: 844 });
  // A chart follows the width of its panel a frame later.
  const width = () => page.evaluate(() => document.documentElement.scrollWidth);
  await expect.poll(width, { message: path }).toBe(390);
}
