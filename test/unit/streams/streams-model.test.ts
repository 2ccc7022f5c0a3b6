import fc from "fast-check";
import { expect, test } from "vitest";
import { act, actions, LENGTH, PLACEMENTS } from "../host/model/actions.ts";
import { ModelHosts } from "../host/model/hosts.ts";
import { checkAtRest } from "../host/model/rest.ts";
import { WIRE_MODES } from "../relay/relay-world.ts";
import { ModelStream } from "./model-stream.ts";
import { STREAM_WINDOW, StreamsWorld } from "./streams-world.ts";

const RUNS = Number(process.env["MODEL_RUNS"] ?? 25);
/** A page, a message that is longer than joined ones, and a snapshot may go over the window. */
const OVER_WINDOW = 24_000;

const streamActions = [
  { weight: 2, arbitrary: fc.record({ do: fc.constant("crashRelays" as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("crashAll" as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("openPattern" as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("move" as const),
      placement: fc.constantFrom(...PLACEMENTS),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("wire" as const),
      mode: fc.constantFrom(...WIRE_MODES),
    }),
  },
] as const;
const steps = fc.array(fc.oneof(...actions, ...streamActions), LENGTH);
const placement = fc.constantFrom(...PLACEMENTS.slice(0, 2));

test(
  "ST-3: viewers on streams get every event of each room once, in order, or a gap, whatever subscribes, drops, comes back, moves",
  async () => {
    await fc.assert(
      fc.asyncProperty(placement, steps, async (where, taken) => {
        const hosts = new ModelHosts(where);
        const streams = new StreamsWorld(hosts);
        hosts.streams = streams;
        const eager = new ModelStream(hosts, streams, false);
        const lazy = new ModelStream(hosts, streams, true);
        const pattern = new ModelStream(hosts, streams, false, "*-USD");
        streams.clients.push(eager, lazy, pattern);
        await pattern.open();
        hosts.streamOf = (nth) => [eager, lazy, eager, null][nth % 4] ?? null;
        for (const step of taken) {
          if (step.do === "crashRelays") await hosts.crashRelays();
          else if (step.do === "crashAll") await hosts.crashAll();
          else if (step.do === "openPattern") await pattern.open();
          else if (step.do === "move") {
            // Other settings come with a start of everything.
            streams.crash();
            await hosts.place(step.placement);
          } else if (step.do === "wire") hosts.wire.mode = step.mode;
          else await act(hosts, step);
          hosts.throwFailures();
        }
        lazy.isLazy = false;
        await checkAtRest(hosts);
        for (const { mostUnacked } of streams.clients) {
          expect(mostUnacked).toBeLessThan(STREAM_WINDOW + OVER_WINDOW);
        }
        if (pattern.socket === null) return;
        for (const { symbol, tape } of hosts.rooms) {
          if (tape.entries.length > 0) expect([...pattern.met]).toContain(symbol);
        }
      }),
      { numRuns: RUNS },
    );
  },
  60_000 + RUNS * 3_000,
);
