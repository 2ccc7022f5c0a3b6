import { globSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";

/** What made a run fail on a machine that was busy, and what to write for it. */
const HASTE: readonly [RegExp, string][] = [
  [/\bvi\.wait(For|Until)\(/, "gives up after a second: test/soon.ts"],
  [/(performance|Date)\.now\(\) - \w+\)\.toBeLess/, "holds a clock to a limit: bench/ does that"],
  [/readFileSync\(`\/proc\/\$\{[^}]*\}\/cmdline`/, "is empty while a process becomes another"],
];
/** Where each has its one place. */
const PLACES = [
  "test/soon.ts",
  "test/e2e/chaos/runtime-processes.ts",
  "test/unit/dev/checks/calm.test.ts",
];

it("tests wait for states, and hold no clock to a limit", () => {
  const files = globSync("test/**/*.ts").filter((file) => !PLACES.includes(file));
  expect(files.length).toBeGreaterThan(300);
  const found = files.flatMap((file) => {
    const text = readFileSync(file, "utf8");
    return HASTE.flatMap(([pattern, why]) => (pattern.test(text) ? [`${file}: ${why}`] : []));
  });
  expect(found).toEqual([]);
});
