/*
 * Runs in a page before its own scripts. Notes the first paint, and each price that the element at `watchedPlace` shows, by the page's clock,
 * which begins with its navigation.
 */
const shown = { firstPaintMs: null, prices: [] };
Object.assign(globalThis, { shown });

new PerformanceObserver((list) => {
  for (const { name, startTime } of list.getEntries()) {
    if (name === "first-contentful-paint") shown.firstPaintMs = startTime;
  }
}).observe({ type: "paint", buffered: true });

new MutationObserver(() => {
  const text = document.querySelector(globalThis.watchedPlace)?.textContent ?? "";
  const price = Number(/[\d,]+(\.\d+)?/.exec(text)?.[0].replaceAll(",", ""));
  if (!(price > 0) || shown.prices.at(-1)?.price === price) return;
  shown.prices.push({ atMs: performance.now(), price });
}).observe(document, { childList: true, subtree: true, characterData: true });
