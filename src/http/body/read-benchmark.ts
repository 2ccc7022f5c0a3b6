import { surveyJson } from "../../formats/survey-json.ts";
import { type BenchmarkPush, benchmarkPushSchema } from "../../protocol/answers/attribution.ts";
import type { AppContext } from "../context.ts";
import { badParameters } from "../problems/refusal.ts";
import { unreadable } from "./body-refusals.ts";
import { readText } from "./read-text.ts";

/**
 * Reads a posted benchmark, JSON whatever its Content-Type says: there is nothing else it could be.
 *
 * @throws Refusal
 */
export async function readBenchmark(c: AppContext): Promise<BenchmarkPush> {
  const text = await readText(c);
  if (surveyJson(text, 0) !== null) {
    throw unreadable("It has more fields and elements, or nests deeper, than any benchmark does.");
  }
  const parsed = benchmarkPushSchema.safeParse(parse(text));
  if (parsed.success) return parsed.data;
  throw badParameters(
    ...parsed.error.issues.map((issue) => ({
      path: pathOf(issue.path),
      message:
        issue.code === "unrecognized_keys"
          ? `has unknown ${issue.keys.slice(0, 5).join(", ")}`
          : issue.message,
    })),
  );
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw unreadable(`The body is not JSON: ${why}`);
  }
}

/** `benchmark[0].weight` */
function pathOf(path: readonly PropertyKey[]): string {
  const text = path.map((part) => (typeof part === "number" ? `[${part}]` : `.${String(part)}`));
  return text.join("").replace(/^\./, "") || "body";
}
