import type { Problem } from "../../protocol/answers/problem.ts";
import type { RefusalForm } from "./refusal.ts";

/** Words of InfluxDB's API for a status: https://docs.influxdata.com/influxdb/v2/api/#operation/PostWrite */
const CODES: Readonly<Record<number, string>> = {
  400: "invalid",
  401: "unauthorized",
  403: "forbidden",
  404: "not found",
  405: "method not allowed",
  413: "request too large",
  422: "unprocessable entity",
  429: "too many requests",
  503: "unavailable",
};

/** A refusal as clients of InfluxDB 2 read it. */
export const influxForm: RefusalForm = {
  contentType: "application/json",
  write: (problem) =>
    JSON.stringify({
      code: CODES[problem.status] ?? "internal error",
      message: problem.detail,
      ...lineOf(problem),
      correlation_id: problem.correlation_id,
    }),
};

/** A refusal as clients of InfluxDB 1 read it. */
export const influx1Form: RefusalForm = {
  contentType: "application/json",
  write: ({ detail, correlation_id }) => JSON.stringify({ error: detail, correlation_id }),
};

/** The first line that was not taken, where the problem names lines. */
function lineOf({ errors }: Problem): { line?: number } {
  const [, line] = /^line (\d+)$/.exec(errors?.[0]?.path ?? "") ?? [];
  return line === undefined ? {} : { line: Number(line) };
}
