import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

/** So many files at once: one more than there are cores, for tests of processes wait for a part of their time. */
export const maxWorkers = availableParallelism() + 1;

/** A state that comes, comes within this, also on a machine that does ten other things. A test may take longer. */
export const PATIENCE = { timeout: 15_000, interval: 20 };

/** Node reads the project's TypeScript itself, as it does in `npm start`: to transform it took a tenth of the processor time. */
export const native = { experimental: { viteModuleRunner: false } };

/**
 * The unit tests, also without the other projects beside them (`npm run test:unit`): what those need to begin with,
 * the Workers runtime among it, takes a second.
 */
export default defineConfig({
  test: {
    name: "unit",
    include: ["test/unit/**/*.test.ts", "test/unit/**/*.test.tsx"],
    // What a test that holds has logged is of no interest.
    silent: "passed-only",
    // Imports once a worker and not once a file, which was half of the time. No unit test mocks a module, and none leaves
    // a global changed: what one file's tests do, no other file's see.
    isolate: false,
    ...native,
    maxWorkers,
    sequence: { groupOrder: 1 },
    // For a machine that does other things: the models of a host take a second or two on a quiet one.
    testTimeout: 60_000,
    expect: { poll: PATIENCE },
  },
});
