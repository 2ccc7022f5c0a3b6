import type { Query } from "./queries.ts";

/** Calls of a round, as many as fit into the time but never fewer than the least. */
const CALLS = { most: 40, least: 5, ms: 2_000 };

export type Timings = {
  /** Of each round, in ms. */
  p50: number[];
  p95: number[];
};

export type Measured = { found: number; ours: Timings; byHand: Timings | undefined };

/** Rounds of calls one after the other, ours and by hand in turns. */
export async function measureQuery(query: Query, rounds: number): Promise<Measured> {
  const { ours, byHand } = query;
  const found = await ours();
  const measured: Measured = {
    found,
    ours: { p50: [], p95: [] },
    byHand: byHand === undefined ? undefined : { p50: [], p95: [] },
  };
  await byHand?.();
  for (let round = 0; round < rounds; round += 1) {
    add(measured.ours, await callsOf(ours));
    if (byHand !== undefined && measured.byHand !== undefined) {
      add(measured.byHand, await callsOf(byHand));
    }
  }
  return measured;
}

async function callsOf(call: () => Promise<number>): Promise<number[]> {
  const took: number[] = [];
  const startMs = performance.now();
  while (took.length < CALLS.most) {
    const beganMs = performance.now();
    if (took.length >= CALLS.least && beganMs - startMs > CALLS.ms) break;
    await call();
    took.push(performance.now() - beganMs);
  }
  return took;
}

function add(timings: Timings, took: number[]): void {
  const sorted = took.sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.ceil(sorted.length * share) - 1] ?? Number.NaN;
  timings.p50.push(at(0.5));
  timings.p95.push(at(0.95));
}
