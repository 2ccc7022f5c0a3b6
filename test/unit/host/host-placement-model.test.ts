import fc from "fast-check";
import { test } from "vitest";
import { act, PLACEMENTS, placementSteps } from "./model/actions.ts";
import { ModelHosts } from "./model/hosts.ts";
import { checkAtRest } from "./model/rest.ts";

const RUNS = Math.ceil(Number(process.env["MODEL_RUNS"] ?? 40) / 3);

test(
  "INV-1 to INV-4: symbols that are placed on other hosts lose nothing, have nothing twice, and keep their order",
  async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...PLACEMENTS), placementSteps, async (first, taken) => {
        const hosts = new ModelHosts(first);
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
