import type * as z from "zod";
import { breath } from "../../bindings/breath.ts";
import { withPauses } from "../../formats/in-steps.ts";
import { surveyJson } from "../../formats/survey-json.ts";
import type { ProblemIssue } from "../../protocol/answers/problem.ts";
import type { AppContext } from "../context.ts";
import { Refusal } from "../problems/refusal.ts";
import { unreadable } from "./body-refusals.ts";
import { readText } from "./read-text.ts";

/**
 * Reads a body that is one object, JSON whatever its Content-Type says: there is nothing else it could be. What is wrong with it is
 * refused by `refusal`.
 *
 * @throws Refusal
 */
export async function readObject<Schema extends z.ZodType>(
  c: AppContext,
  schema: Schema,
  refusal: (...issues: ProblemIssue[]) => Refusal = unfit,
): Promise<z.infer<Schema>> {
  const text = await readText(c);
  const survey = await withPauses(surveyJson(text, 0), () => breath.pause());
  if (survey.kind === "odd") {
    throw unreadable("It has more fields and elements, or nests deeper, than any such body does.");
  }
  const parsed = schema.safeParse(parse(text));
  if (parsed.success) return parsed.data;
  throw refusal(
    ...parsed.error.issues.map((issue) => ({
      path: pathOf(issue.path),
      message:
        issue.code === "unrecognized_keys"
          ? `has unknown ${issue.keys.slice(0, 5).join(", ")}`
          : issue.message,
    })),
  );
}

/** The refusal of an object that could be read, and is not right. */
export function unfit(...errors: ProblemIssue[]): Refusal {
  const detail = errors.map(({ path, message }) => `${path} ${message}`).join("; ");
  return new Refusal({
    ...{ status: 422, type: "unfit", title: "The body is not right", detail, errors },
  });
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
