import type { ContentfulStatusCode } from "hono/utils/http-status";
import { shorten } from "../../core/shorten.ts";
import type { Problem, ProblemIssue } from "../../protocol/problem.ts";
import type { AppContext } from "../context.ts";

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

/** What came from the request is shown as far as it helps, whatever its length. */
const MOST_DETAIL_CHARS = 1_000;
const MOST_ISSUES = 20;
const MOST_PATH_CHARS = 200;
const MOST_MESSAGE_CHARS = 500;

/** Answers with an RFC 9457 problem document. */
export function problem(c: AppContext, words: ProblemWords): Response {
  const document: Problem = {
    type: `urn:edgetape:problem:${words.type}`,
    title: words.title,
    status: words.status,
    detail: shorten(words.detail, MOST_DETAIL_CHARS),
    ...(words.errors !== undefined && {
      errors: words.errors.slice(0, MOST_ISSUES).map(({ path, message }) => ({
        path: shorten(path, MOST_PATH_CHARS),
        message: shorten(message, MOST_MESSAGE_CHARS),
      })),
    }),
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
    detail: errors
      .slice(0, MOST_ISSUES)
      .map((issue) => `${shorten(issue.path, MOST_PATH_CHARS)} ${issue.message}`)
      .join("; "),
    errors,
  });
}
