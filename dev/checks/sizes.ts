import { globSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { gzipSync } from "node:zlib";
import { pagesOf } from "./page-scripts.ts";

/** Scripts that make up one Worker, or a dashboard, together; or each page of it with all that it loads, or the page that most open first. */
export type SizeBudget = {
  what: string;
  files: string;
  count: "together" | "each_page" | "first_page";
  /** Most bytes after gzip. */
  mostBytes: number;
};

const FIRST_PAGE = "market-page";

/** Kilobytes of 1,000 bytes. */
export const SIZE_BUDGETS: SizeBudget[] = [
  // Cloudflare takes 3 MB on the free plan (https://developers.cloudflare.com/workers/platform/limits/). Ours is smaller
  // for the sake of the start, in which all of it is read; each analysis is a few KB of it, the writer of Parquet 17,
  // the answers to assistants 8, orders 10, log lines some 14, alerts 13, streams some 12.
  { what: "Worker", files: "dist/worker/*.js", count: "together", mostBytes: 370_000 },
  // What is loaded before the list of symbols shows, and the service worker; other pages bring scripts of their own.
  {
    what: "dashboard's first page",
    files: "dist/web/{assets/*,service-worker}.js",
    count: "first_page",
    mostBytes: 75_000,
  },
  // What a reader downloads to see it; two libraries of charts are 71 KB of the largest.
  {
    what: "dashboard's pages",
    files: "dist/web/{assets/*,service-worker}.js",
    count: "each_page",
    mostBytes: 134_300,
  },
  // 130 was asked for all pages together; see "Weight" in docs/design/dashboard.md.
  { what: "dashboard", files: "dist/web/**/*.js", count: "together", mostBytes: 167_800 },
];

/** Weighs what was built in `projectDir`; `line` says the figure, whether or not it fits. */
export function weigh(projectDir: string, budget: SizeBudget): { fits: boolean; line: string } {
  const { what, files, count, mostBytes } = budget;
  const paths = globSync(files, { cwd: projectDir });
  if (paths.length === 0) return { fits: false, line: `${what}: nothing at ${files}` };
  const bytesOf = new Map<string, number>();
  const scripts = new Map<string, string>();
  for (const path of paths) {
    const script = readFileSync(join(projectDir, path));
    scripts.set(basename(path), script.toString());
    bytesOf.set(basename(path), gzipSync(script, { level: 9 }).length);
  }
  const sumOf = (names: Iterable<string>) =>
    [...names].reduce((sum, name) => sum + (bytesOf.get(name) ?? 0), 0);
  const limit = `KB gzip of at most ${kilobytes(mostBytes)} KB`;
  switch (count) {
    case "together": {
      const bytes = sumOf(bytesOf.keys());
      return { fits: bytes <= mostBytes, line: `${what}: ${kilobytes(bytes)} ${limit}` };
    }
    case "first_page":
    case "each_page": {
      const pages = pagesOf(scripts, entryOf(scripts.keys()))
        .map(({ page, scripts: loaded }) => ({ page, bytes: sumOf(loaded) }))
        .filter(({ page }) => count === "each_page" || nameOf(page) === FIRST_PAGE)
        .sort((a, b) => b.bytes - a.bytes);
      if (pages.length === 0) return { fits: false, line: `${what}: no ${FIRST_PAGE} was built` };
      const said = pages.map(({ page, bytes }) => `${nameOf(page)} ${kilobytes(bytes)}`).join(", ");
      const fits = pages.every(({ bytes }) => bytes <= mostBytes);
      return { fits, line: `${what}: ${said} ${limit}${count === "each_page" ? " each" : ""}` };
    }
    default:
      return count satisfies never;
  }
}

function entryOf(names: Iterable<string>): string {
  const entry = [...names].find((name) => name.startsWith("index-"));
  if (entry === undefined) throw new Error("no script of index.html was built");
  return entry;
}

/** Without what the build puts behind it. */
function nameOf(script: string): string {
  return script.replace(/-[\w-]{8}\.js$/, "");
}

function kilobytes(bytes: number): string {
  return (bytes / 1_000).toFixed(1);
}
