import type { Env } from "../../bindings/env.ts";
import { inTime } from "../../bindings/in-time.ts";
import { writerAt } from "../../bindings/objects.ts";
import type { BacklogReport } from "../../bindings/writer.ts";
import { fewAtOnce } from "../../core/limits/few-at-once.ts";
import { numbersOfRuntimes } from "../../core/placement/ownership.ts";
import { writerNames } from "../../core/placement/writer-shard.ts";
import type { EpochUs } from "../../protocol/words/time.ts";

/** One that takes longer, as one whose process was stopped, counts as one that cannot be asked. In ms. */
const WITHIN_MS = 1_000;

interface WritersPlace {
  RUNTIMES: number;
  WRITER_RUNTIME?: number | undefined;
  WRITER_SHARDS: number;
}

/**
 * What the Writers know of acknowledged events that wait too long for Postgres; null where none do (SPEC L-24). One that cannot be
 * asked is told to `failed`, and is left out.
 */
export async function readBacklog(
  env: Env,
  { RUNTIMES, WRITER_RUNTIME, WRITER_SHARDS }: WritersPlace,
  failed: (error: unknown) => void,
): Promise<BacklogReport | null> {
  const runtimes =
    WRITER_RUNTIME === undefined ? numbersOfRuntimes({ RUNTIMES }) : [WRITER_RUNTIME];
  const writers = runtimes.flatMap((runtime) =>
    writerNames(WRITER_SHARDS).map((name) => ({ name, runtime })),
  );
  const reports = await fewAtOnce(writers, async ({ name, runtime }) => {
    try {
      return await inTime(writerAt(env, name, runtime).backlog(), WITHIN_MS);
    } catch (error) {
      failed(error);
      return null;
    }
  });
  let sum: BacklogReport | null = null;
  for (const report of reports) {
    if (report !== null) sum = sum === null ? report : both(sum, report);
  }
  return sum;
}

function both(one: BacklogReport, other: BacklogReport): BacklogReport {
  const refused = [...(one.refused ?? []), ...(other.refused ?? [])];
  return {
    rooms: one.rooms + other.rooms,
    bytes: one.bytes + other.bytes,
    oldestUs: Math.min(one.oldestUs, other.oldestUs) as EpochUs,
    ...(refused.length > 0 && { refused }),
  };
}
