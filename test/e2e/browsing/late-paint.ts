import type { Page } from "playwright-core";

/** How long the frames of a page wait, in ms: longer than a page takes to render of itself, which it does each second. */
const LATE_MS = 1_200;

/** Has the next page opened paint late, as on a busy machine: much comes between what it knows and what it shows. */
export async function paintLate(page: Page): Promise<void> {
  await page.addInitScript((lateMs) => {
    const frame = requestAnimationFrame;
    window.requestAnimationFrame = (then) => Number(setTimeout(() => frame(then), lateMs));
    window.cancelAnimationFrame = (id) => clearTimeout(id);
  }, LATE_MS);
}
