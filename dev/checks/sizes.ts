import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

export type SizeBudget = {
  what: string;
  /** Scripts that a reader downloads together, or that make up one Worker. */
  files: string;
  /** Most bytes after gzip, all files together. */
  mostBytes: number;
};

/** Kilobytes of 1,000 bytes. */
export const SIZE_BUDGETS: SizeBudget[] = [
  // Cloudflare takes 3 MB on the free plan (https://developers.cloudflare.com/workers/platform/limits/). Ours is smaller
  // for the sake of the start, in which all of it is read; each analysis is a few KB of it, the writer of Parquet 17,
  // the answers to assistants 8, orders 10, log lines some 14, alerts 13, streams some 12.
  { what: "Worker", files: "dist/worker/*.js", mostBytes: 365_000 },
  // What is loaded before the list of symbols shows; other pages bring scripts of their own.
  { what: "dashboard's first page", files: "dist/web/assets/index-*.js", mostBytes: 75_000 },
  { what: "dashboard", files: "dist/web/**/*.js", mostBytes: 130_000 },
];

/** Weighs what was built in `projectDir`; `line` says the figure, whether or not it fits. */
export function weigh(projectDir: string, budget: SizeBudget): { fits: boolean; line: string } {
  const files = globSync(budget.files, { cwd: projectDir });
  if (files.length === 0)
    return { fits: false, line: `${budget.what}: nothing at ${budget.files}` };
  const bytes = files
    .map((file) => gzipSync(readFileSync(join(projectDir, file)), { level: 9 }).length)
    .reduce((sum, each) => sum + each, 0);
  const line = `${budget.what}: ${kilobytes(bytes)} KB gzip of at most ${kilobytes(budget.mostBytes)} KB`;
  return { fits: bytes <= budget.mostBytes, line };
}

function kilobytes(bytes: number): string {
  return (bytes / 1_000).toFixed(1);
}
