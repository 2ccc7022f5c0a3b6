import { globSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";

/** Ways to ask for the time or to wait that no clock handed in can turn back. */
const OWN_TIME =
  /\b(Date\.now|performance\.now|setTimeout|setInterval|setImmediate|requestIdleCallback)\b|\bnew Date\(\s*\)|\bnew Date(?!\()|(?<!new )\bDate\(\)|\.timeOrigin\b/;
/** The clock itself, and the reference, a page of its own that shows no time. */
const PLACES = /^web\/(feed\/clock\.ts|reference\/)/;

it("what asks for the time by itself is told from what is handed a time", () => {
  const own = [
    "const now = Date.now();",
    "const late = performance.now() - began;",
    "let timer: ReturnType<typeof setTimeout>;",
    "setInterval(run, 500);",
    "const now = new Date();",
    "const now = new Date;",
  ];
  const handed = [
    "new Date(ts / 1_000).toISOString()",
    "clock.setTimer(run, 500)",
    "DATE.format(ms)",
  ];
  expect(own.filter((line) => !OWN_TIME.test(line))).toEqual([]);
  expect(handed.filter((line) => OWN_TIME.test(line))).toEqual([]);
});

it("every feed and page asks the one clock of the desk for the time", () => {
  const files = globSync("web/**/*.{ts,tsx}").filter((file) => !PLACES.test(file));
  expect(files.length).toBeGreaterThan(100);
  const found = files.flatMap((file) =>
    readFileSync(file, "utf8")
      .split("\n")
      .flatMap((line, i) => (OWN_TIME.test(line) ? [`${file}:${i + 1}: ${line.trim()}`] : [])),
  );
  expect(found).toEqual([]);
});
