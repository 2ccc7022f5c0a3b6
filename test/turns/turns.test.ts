import { type Profiler, Session } from "node:inspector";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { HOSTILE_FORMATS } from "../../bench/hostile/formats.ts";

/*
 * How long a turn takes depends on the machine, and how often it does a thing does not. V8 counts how often each block of code runs: the
 * one that runs most often in a turn says how much of a body was read in it. What the engine does by itself in one call
 * (`JSON.parse`, `indexOf`, the decoder of UTF-8) is not counted; `npm run bench:hostile` measures that.
 */

/** Longer than a turn may be, so that what takes no turn between is seen. */
const BODY_BYTES = 1_310_720;
/** A step of 512 KiB, and a line of as much that was begun in it. */
const MOST_RUNS = 1.1 * 1024 * 1024;

const session = new Session();

beforeAll(() => {
  session.connect();
  session.post("Profiler.enable");
  session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: true });
});

afterAll(() => {
  session.post("Profiler.stopPreciseCoverage");
  session.post("Profiler.disable");
  session.disconnect();
});

/** The block that has run most often since it was asked for the last time. */
function busiestBlock(): { runs: number; where: string } {
  let busiest = { runs: 0, where: "" };
  const take = (_: Error | null, { result }: Profiler.TakePreciseCoverageReturnType) => {
    for (const { url, functions } of result) {
      if (!url.includes("/src/")) continue;
      for (const { functionName, ranges } of functions) {
        for (const { count, startOffset } of ranges) {
          if (count <= busiest.runs) continue;
          busiest = {
            runs: count,
            where: `${url.split("/src/")[1]} ${functionName} +${startOffset}`,
          };
        }
      }
    }
  };
  session.post("Profiler.takePreciseCoverage", take);
  return busiest;
}

describe("I-17 a body of whatever format is read in turns, and none of them is long", () => {
  for (const { name, decode, bodies } of HOSTILE_FORMATS) {
    it(name, async () => {
      const long: string[] = [];
      for (const body of bodies(BODY_BYTES)) {
        busiestBlock();
        let worst = { runs: 0, where: "" };
        const look = async () => {
          const busiest = busiestBlock();
          if (busiest.runs > worst.runs) worst = busiest;
        };
        await decode(body.bytes, look);
        await look();
        if (worst.runs > MOST_RUNS)
          long.push(`${body.name}: ${worst.where} ran ${worst.runs} times`);
      }
      expect(long).toEqual([]);
    });
  }
});
