import { cloudflareTest } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";
import unit, { maxWorkers, native, PATIENCE } from "./vitest.unit.config.ts";

/** What is quick to say what is wrong comes before the tests of the whole product. */
const early = { maxWorkers, sequence: { groupOrder: 1 } };

/** What measures how much a load uses. */
const MEASURED = "test/e2e/bill.test.ts";

export default defineConfig({
  test: {
    // The Worker's log of a test that holds is of no interest.
    silent: "passed-only",
    projects: [
      unit,
      {
        test: {
          name: "turns",
          // In a process of its own: while V8 counts blocks, all that runs beside takes three times as long.
          include: ["test/turns/**/*.test.ts"],
          ...native,
          ...early,
          testTimeout: 60_000,
        },
      },
      {
        test: {
          name: "contract",
          include: ["test/contract/**/*.test.ts"],
          globalSetup: ["test/contract/embedded-server.ts"],
          ...native,
          // As for unit tests: a file opens its own databases, and closes them.
          isolate: false,
          ...early,
          // For a slow machine that does other things.
          testTimeout: 90_000,
          hookTimeout: 90_000,
          expect: { poll: PATIENCE },
        },
      },
      {
        plugins: [
          cloudflareTest({
            main: "src/worker.ts",
            wrangler: { configPath: "wrangler.toml" },
            miniflare: {
              // There is no database here: what needs one is tested against a real one, from outside.
              outboundService: () => new Response("no database", { status: 503 }),
              // Settings which wrangler.toml does not hold.
              bindings: {
                DATABASE_URL: "postgres://edgetape:test@127.0.0.1/edgetape",
                DATABASE_ENDPOINT: "http://database/sql",
                JWT_SECRET: "a secret of thirty-two characters or more",
                PUBLIC_READ: "false",
                LOG_LEVEL: "error",
              },
            },
          }),
        ],
        test: {
          name: "workerd",
          include: ["test/workerd/**/*.test.ts"],
          // A runtime once a worker and not once a file, which was half of the time.
          isolate: false,
          setupFiles: ["test/workerd/begin-anew.ts"],
          ...early,
          // A line logged in a request's context is sent to vitest from there. With that, one run in three never ended (the
          // plugin 1.4.10, vitest 5.1.1), probably where the request had ended before its line was sent; without it none has.
          disableConsoleIntercept: true,
          testTimeout: 60_000,
          hookTimeout: 60_000,
          expect: { poll: PATIENCE },
        },
      },
      {
        test: {
          name: "e2e",
          include: ["test/e2e/**/*.test.ts"],
          exclude: [MEASURED],
          ...native,
          globalSetup: ["test/e2e/data-dir-template.ts"],
          // Limits of its tests hold where the machine does other things too.
          maxWorkers,
          sequence: { groupOrder: 2 },
          testTimeout: 240_000,
          hookTimeout: 240_000,
          expect: { poll: { timeout: 60_000 } },
        },
      },
      {
        test: {
          name: "alone",
          include: [MEASURED],
          ...native,
          globalSetup: ["test/e2e/data-dir-template.ts"],
          // Last, with the machine to itself: on a busy one its load comes late, and costs more an event.
          fileParallelism: false,
          sequence: { groupOrder: 3 },
          testTimeout: 240_000,
          hookTimeout: 240_000,
        },
      },
    ],
  },
});
