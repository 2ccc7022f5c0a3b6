import fc from "fast-check";
import { test } from "vitest";
import { relayOf } from "../../../src/core/placement/relaying.ts";
import { act, actions, LENGTH, PLACEMENTS } from "../host/model/actions.ts";
import { ModelHosts } from "../host/model/hosts.ts";
import { checkAtRest } from "../host/model/rest.ts";
import { WIRE_MODES } from "./relay-world.ts";

const RUNS = Number(process.env["MODEL_RUNS"] ?? 30);

const relayActions = [
  { weight: 2, arbitrary: fc.record({ do: fc.constant("crashRelays" as const) }) },
  // A runtime that dies takes its hosts and its relays with it.
  { weight: 1, arbitrary: fc.record({ do: fc.constant("crashAll" as const) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("wire" as const),
      mode: fc.constantFrom(...WIRE_MODES),
    }),
  },
] as const;
const steps = fc.array(fc.oneof(...actions, ...relayActions), LENGTH);
const placement = fc.constantFrom(...PLACEMENTS.slice(0, 2));

test(
  "INV-1 to INV-6: viewers by way of relays get every event once, in order, or a gap, whatever happens to host, relay and feeds",
  async () => {
    await fc.assert(
      fc.asyncProperty(placement, steps, async (where, taken) => {
        // One of four viewers is on the host itself, and two of them on one relay.
        const hosts = new ModelHosts(where, (nth, host) =>
          relayOf(host, { kind: "runtime", own: [0, 1, 1, 2][nth % 4] ?? 0, owner: 0 }),
        );
        for (const step of taken) {
          if (step.do === "crashRelays") await hosts.crashRelays();
          else if (step.do === "crashAll") await hosts.crashAll();
          else if (step.do === "wire") hosts.wire.mode = step.mode;
          else await act(hosts, step);
          hosts.throwFailures();
        }
        await checkAtRest(hosts);
      }),
      { numRuns: RUNS },
    );
  },
  60_000 + RUNS * 3_000,
);
