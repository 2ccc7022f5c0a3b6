import { expect, test } from "vitest";
import { keepOwnNames } from "../../../../web/bundling/own-names.ts";
import { isOfEveryPage } from "../../../../web/bundling/shared-modules.ts";

const script = (fileName: string, code: string, isDynamicEntry = false) => ({
  fileName: `assets/${fileName}`,
  code,
  isDynamicEntry,
});

test("what is imported keeps the name that it has where it is made", () => {
  const scripts = [
    script("index-1.js", "var $a=1,b=2;export{$a as t,b as $,c};"),
    script("chart-1.js", 'import{c as x}from"./index-1.js";var d=x;export{d as e}'),
    script("page-1.js", 'import{$ as n,t}from"./index-1.js";import{e}from"./chart-1.js";', true),
  ];
  keepOwnNames(scripts);
  expect(scripts.map(({ code }) => code)).toEqual([
    "var $a=1,b=2;export{$a,b,c};",
    'import{c as x}from"./index-1.js";var d=x;export{d};',
    'import{$a as t,b as n}from"./index-1.js";import{d as e}from"./chart-1.js";',
  ]);
});

test("a page is asked for by the name that it is exported as", () => {
  const scripts = [
    script("index-1.js", "import(`./page-1.js`).then(({Page:e})=>e);"),
    script("page-1.js", "var a;export{a as Page};", true),
  ];
  const codes = scripts.map(({ code }) => code);
  keepOwnNames(scripts);
  expect(scripts.map(({ code }) => code)).toEqual(codes);
});

test("an import of what is not exported is no build", () => {
  const scripts = [
    script("index-1.js", "var a;export{a};"),
    script("page-1.js", 'import{b as c}from"./index-1.js";', true),
  ];
  expect(() => keepOwnNames(scripts)).toThrow("exports no b");
});

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
