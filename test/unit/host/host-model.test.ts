import fc from "fast-check";
import { expect, test } from "vitest";
import { KEEPING, WINDOW_BYTES } from "./host-world.ts";
import { act, steps } from "./model-actions.ts";
import { ModelHosts, SYMBOLS } from "./model-hosts.ts";

const RUNS = Number(process.env["MODEL_RUNS"] ?? 300);
/** A frame of fifty events of the model, which may be longer than joined frames are. */
const LONGEST_MESSAGE = 8_000;

test(
  "INV-1 to INV-6: whatever happens to a host, each symbol's viewers get every event once, in order, or a gap",
  async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (taken) => {
        const hosts = new ModelHosts({ ROOM_HOSTS: 1, ROOM_DEDICATED: [] });
        for (const step of taken) {
          await act(hosts, step);
          hosts.throwFailures();
        }
        await hosts.comeToRest();
        hosts.throwFailures();

        for (const viewer of hosts.openViewers) {
          expect(viewer.isLive).toBe(true);
          expect(viewer.hasAll).toBe(true);
        }
        for (const symbol of SYMBOLS) {
          // INV-1, INV-6: all of it is in Postgres, once.
          expect(hosts.stored(symbol)).toEqual(hosts.kept(symbol));
          // D-5: whatever died in between, the last state of the book is a sample.
          const books = hosts.booksOf(symbol);
          if (books !== null) expect(books.sampled).toEqual(books.current);
        }
        // INV-5: the window, the page or message that went over it, and the grain of what sleep remembers.
        const bound = WINDOW_BYTES * 1.25 + LONGEST_MESSAGE;
        for (const viewer of hosts.everyViewer) expect(viewer.mostUnackedBytes).toBeLessThan(bound);
        // The log is what it keeps, and the generation that goes next.
        for (const events of hosts.logEvents) {
          expect(events).toBeLessThanOrEqual(KEEPING.events * 1.25 + hosts.longestRow);
        }
      }),
      { numRuns: RUNS },
    );
  },
  60_000 + RUNS * 3_000,
);
