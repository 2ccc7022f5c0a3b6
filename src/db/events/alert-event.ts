import { ALERT_SEVERITIES, ALERT_STATES, type AlertEvent } from "../../protocol/events/alert.ts";
import type { EpochUs } from "../../protocol/words/time.ts";
import type { Row } from "../driver/database.ts";
import { sql } from "../driver/sql.ts";

/** SQL: the change of a row `a` of `alert_changes`, in one text, as {@link alertOf} reads it. */
export const ALERT_TEXT = sql`json_build_array(a.rule, a.series, a.was, a.state, a.value, a.severity, a.message)::text`;

/** The change of a row with `ts_us` and, in `alert`, {@link ALERT_TEXT}, as it was on the wire. */
export function alertOf(row: Row): AlertEvent {
  const [rule, series, was, state, value, severity, message] = JSON.parse(
    row["alert"] as string,
  ) as [
    rule: string,
    series: string,
    was: number,
    state: number,
    value: number | null,
    severity: number,
    message: string,
  ];
  return {
    ...{ kind: "alert", ts: Number(row["ts_us"]) as EpochUs, rule },
    from: ALERT_STATES[was] ?? "inactive",
    state: ALERT_STATES[state] ?? "inactive",
    ...(series !== "" && { series }),
    ...(value !== null && { value }),
    ...{ severity: ALERT_SEVERITIES[severity] ?? "info", message },
  };
}
