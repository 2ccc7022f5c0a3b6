import { writerAt } from "../bindings/objects.ts";
import type { BacklogReport } from "../bindings/writer.ts";
import { writerNames } from "../core/writer-shard.ts";
import type { AppContext } from "../middleware/context.ts";
import type { EpochUs } from "../protocol/time.ts";
import { fewAtOnce } from "./few-at-once.ts";

/** What the Writers know of acknowledged events that wait too long for Postgres; null where none do (SPEC L-24). */
export async function readBacklog(c: AppContext): Promise<BacklogReport | null> {
  const { RUNTIMES: runtimes, WRITER_SHARDS: shards } = c.get("config");
  const writers = Array.from({ length: runtimes }, (_, runtime) =>
    writerNames(shards).map((name) => ({ name, runtime })),
  );
  const ask = async ({ name, runtime }: { name: string; runtime: number }) => {
    try {
      return await writerAt(c.env, name, runtime).backlog();
    } catch (error) {
      const fields = { correlation_id: c.get("correlationId"), detail: String(error) };
      c.get("log").warn("writer_unreachable", fields);
      return null;
    }
  };
  const reports = await fewAtOnce(writers.flat(), ask);
  let sum: BacklogReport | null = null;
  for (const report of reports) {
    if (report !== null) sum = sum === null ? report : both(sum, report);
  }
  return sum;
}

function both(one: BacklogReport, other: BacklogReport): BacklogReport {
  return {
    rooms: one.rooms + other.rooms,
    bytes: one.bytes + other.bytes,
    oldestUs: Math.min(one.oldestUs, other.oldestUs) as EpochUs,
  };
}
