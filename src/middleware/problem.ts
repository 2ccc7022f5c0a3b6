import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { Problem, ProblemIssue } from "../protocol/problem.ts";
import type { AppContext } from "./context.ts";

/** A refusal in words that say what to do. `type` is the last part of the problem's URN. */
export interface ProblemWords {
  status: ContentfulStatusCode;
  type: string;
  title: string;
  detail: string;
  errors?: ProblemIssue[];
  /** Seconds until it is worth trying again. */
  retryAfterS?: number;
}

/** Answers with an RFC 9457 problem document. */
export function problem(c: AppContext, words: ProblemWords): Response {
  const document: Problem = {
    type: `urn:edgetape:problem:${words.type}`,
    title: words.title,
    status: words.status,
    detail: words.detail,
    ...(words.errors !== undefined && { errors: words.errors }),
    correlation_id: c.get("correlationId"),
  };
  const headers: Record<string, string> = { "content-type": "application/problem+json" };
  if (words.retryAfterS !== undefined) headers["retry-after"] = String(words.retryAfterS);
  return c.body(JSON.stringify(document), words.status, headers);
}

/** The one refusal of a query whose parameters do not fit. */
export function badParameters(c: AppContext, errors: ProblemIssue[]): Response {
  return problem(c, {
    status: 400,
    type: "bad-parameters",
    title: "The query is not right",
    detail: errors.map((issue) => `${issue.path} ${issue.message}`).join("; "),
    errors,
  });
}
