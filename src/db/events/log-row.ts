import { LOG_LEVELS, type LogEvent, type LogLevel } from "../../protocol/events/log.ts";
import type { EpochUs } from "../../protocol/words/time.ts";
import type { Row } from "../driver/database.ts";
import { sql } from "../driver/sql.ts";

/** SQL: the line of a row of `log_lines`, in one text, as {@link logOf} reads it. */
export const LOG_TEXT = sql`json_build_object('level', l.level, 'cut', l.is_cut, 'service', l.service,
   'correlation_id', l.correlation_id, 'event', l.event, 'fields', l.fields)::text`;

/** The line of a row with `ts_us` and, in `line`, {@link LOG_TEXT}. */
export function logOf(row: Row, line = row["line"]): LogEvent {
  const { level, cut, service, correlation_id, event, fields } = JSON.parse(line as string) as {
    level: number;
    cut: boolean;
    service: string;
    correlation_id: string;
    event: string;
    fields: Record<string, unknown> | null;
  };
  return {
    ...{ kind: "log", ts: Number(row["ts_us"]) as EpochUs },
    ...{ level: LOG_LEVELS[level - 1] as LogLevel, event },
    ...(service !== "" && { service }),
    ...(correlation_id !== "" && { correlation_id }),
    ...(fields !== null && { fields }),
    ...(cut && { cut: true }),
  };
}
