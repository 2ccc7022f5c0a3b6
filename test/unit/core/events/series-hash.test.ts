import { expect, it } from "vitest";
import { seriesHash } from "../../../../src/core/events/series-hash.ts";

it("L-22 a series has one hash whatever the order of its labels, and that never changes", () => {
  const series = { metric: "latency", labels: { venue: "xnas", side: "buy" } };
  expect(seriesHash({ metric: "latency", labels: { side: "buy", venue: "xnas" } })).toBe(
    seriesHash(series),
  );
  // They are on disk.
  expect(seriesHash(series)).toMatchInlineSnapshot(`2565801379620924`);
  expect(seriesHash({ metric: "load" })).toMatchInlineSnapshot(`6599885306496614`);
});

it("L-22 series that look alike have hashes of their own", () => {
  const hashes = new Set<number>();
  let series = 0;
  const add = (metric: string, labels?: Record<string, string>) => {
    series += 1;
    hashes.add(seriesHash({ metric, ...(labels !== undefined && { labels }) }));
  };
  for (let at = 0; at < 20_000; at += 1) {
    add(`m${at}`);
    add("m", { id: `${at}` });
    add("m", { [`k${at}`]: "v" });
    add("m", { a: `${at}`, b: `${at + 1}` });
  }
  for (const labels of [{ a: "b", c: "d" }, { a: "d", c: "b" }, { ab: "c", d: "" }, { a: "bc" }]) {
    add("n", labels);
  }
  expect(hashes.size).toBe(series);
  expect([...hashes].every((hash) => Number.isSafeInteger(hash) && hash >= 0)).toBe(true);
});
