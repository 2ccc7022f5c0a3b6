import fc from "fast-check";
import { test } from "vitest";
import { act, PLACEMENTS, steps } from "./model/actions.ts";
import { ModelHosts } from "./model/hosts.ts";
import { checkAtRest } from "./model/rest.ts";

const RUNS = Number(process.env["MODEL_RUNS"] ?? 40);

test(
  "INV-1 to INV-6: whatever happens to a host, each symbol's viewers get every event once, in order, or a gap",
  async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (taken) => {
        const hosts = new ModelHosts(PLACEMENTS[0]);
        for (const step of taken) {
          await act(hosts, step);
          hosts.throwFailures();
        }
        await checkAtRest(hosts);
      }),
      { numRuns: RUNS },
    );
  },
  60_000 + RUNS * 3_000,
);
