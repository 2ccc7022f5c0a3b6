import type { BacklogReport } from "../../bindings/writer.ts";
import { fewAtOnce } from "../../core/few-at-once.ts";
import { writerNames } from "../../core/writer-shard.ts";
import type { AppContext } from "../../http/context.ts";
import type { EpochUs } from "../../protocol/time.ts";

/** What the Writers know of acknowledged events that wait too long for Postgres; null where none do (SPEC L-24). */
export async function readBacklog(c: AppContext): Promise<BacklogReport | null> {
  const { WRITER } = c.env;
  const ask = async (name: string) => {
    try {
      return await WRITER.get(WRITER.idFromName(name)).backlog();
    } catch (error) {
      const fields = { correlation_id: c.get("correlationId"), detail: String(error) };
      c.get("log").warn("writer_unreachable", fields);
      return null;
    }
  };
  const reports = await fewAtOnce(writerNames(c.get("config").WRITER_SHARDS), ask);
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
