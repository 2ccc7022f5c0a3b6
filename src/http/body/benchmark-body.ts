import { surveyJson } from "../../formats/survey-json.ts";
import { type BenchmarkPush, benchmarkPushSchema } from "../../protocol/attribution.ts";
import type { ProblemIssue } from "../../protocol/problem.ts";
import type { AppContext } from "../context.ts";
import { awaitTurn } from "../limits/bodies.ts";
import { badParameters } from "../problems/problem.ts";
import { readBody } from "./read-body.ts";
import { refuseBody, unreadable } from "./refuse-body.ts";

export type BenchmarkReading =
  | { kind: "benchmark"; push: BenchmarkPush }
  | { kind: "refused"; response: Response };

/** Reads a posted benchmark, JSON whatever its Content-Type says: there is nothing else it could be. */
export async function readBenchmark(c: AppContext): Promise<BenchmarkReading> {
  const config = c.get("config");
  const limits = {
    rawBytes: config.LIMIT_BODY_BYTES,
    unzippedBytes: config.LIMIT_UNZIPPED_BYTES,
  };
  const body = await readBody(c.req.raw, limits, (bytes, held) => awaitTurn(c, bytes, held));
  if (body.kind !== "text") return { kind: "refused", response: refuseBody(c, body) };
  if (surveyJson(body.text, 0) !== null) {
    const why = "It has more fields and elements, or nests deeper, than any benchmark does.";
    return { kind: "refused", response: unreadable(c, why) };
  }
  let value: unknown;
  try {
    value = JSON.parse(body.text);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { kind: "refused", response: unreadable(c, `The body is not JSON: ${why}`) };
  }
  const parsed = benchmarkPushSchema.safeParse(value);
  if (parsed.success) return { kind: "benchmark", push: parsed.data };
  const issues: ProblemIssue[] = parsed.error.issues.map((issue) => ({
    path: pathOf(issue.path),
    message:
      issue.code === "unrecognized_keys"
        ? `has unknown ${issue.keys.slice(0, 5).join(", ")}`
        : issue.message,
  }));
  return { kind: "refused", response: badParameters(c, issues) };
}

/** `benchmark[0].weight` */
function pathOf(path: readonly PropertyKey[]): string {
  const text = path.map((part) => (typeof part === "number" ? `[${part}]` : `.${String(part)}`));
  return text.join("").replace(/^\./, "") || "body";
}
