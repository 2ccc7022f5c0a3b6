import { expect, test } from "vitest";
import { isOfEveryPage } from "../../../../web/bundling/shared-modules.ts";

test.each([
  ["main.tsx", true],
  ["both.ts", true],
  ["below-both.ts", true],
  ["market.tsx", false],
  ["of-symbol.ts", false],
  ["worker.ts", false],
])("whether every page loads %s: %s", (id, is) => {
  const importers: Record<string, string[]> = {
    "/index.html": [],
    "main.tsx": ["/index.html"],
    "market.tsx": [],
    "symbol.tsx": [],
    "both.ts": ["market.tsx", "symbol.tsx", "below-both.ts"],
    "below-both.ts": ["both.ts"],
    "of-symbol.ts": ["symbol.tsx"],
    "worker.ts": [],
  };
  const pages = ["market.tsx", "symbol.tsx"];
  const getModuleInfo = (of: string) => ({
    importers: importers[of] ?? [],
    dynamicImporters: pages.includes(of) ? ["main.tsx"] : [],
  });
  expect(isOfEveryPage(id, { getModuleInfo })).toBe(is);
});
