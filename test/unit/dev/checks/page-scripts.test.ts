import { describe, expect, it } from "vitest";
import { pagesOf } from "../../../../dev/checks/page-scripts.ts";

const BUILT = new Map([
  [
    "index.js",
    'import"./words.js";const a=()=>import(`./symbol.js`),b=()=>import("./trace.js");c=()=>import(`./symbol.js`);w.register(`/worker.js`,{})',
  ],
  ["worker.js", "caches.open('x')"],
  ["words.js", "export const a=1;"],
  ["symbol.js", 'import{a as t}from"./words.js";import{c}from"./charts.js";'],
  ["charts.js", "export const c=()=>import('./saving.js');"],
  ["saving.js", 'import"./index.js";'],
  ["trace.js", ""],
  ["docs.js", ""],
]);

describe("the scripts of a page", () => {
  it("are the entry's and its worker, its own, and what those load, once each", () => {
    expect(pagesOf(BUILT, "index.js")).toEqual([
      { page: "index.js", scripts: ["index.js", "words.js", "worker.js"] },
      {
        page: "symbol.js",
        scripts: ["index.js", "words.js", "worker.js", "symbol.js", "charts.js", "saving.js"],
      },
      { page: "trace.js", scripts: ["index.js", "words.js", "worker.js", "trace.js"] },
    ]);
  });

  it("are all there", () => {
    const missing = new Map([["index.js", "import('./gone.js')"]]);
    expect(() => pagesOf(missing, "index.js")).toThrow("gone.js is imported and was not built");
  });
});
