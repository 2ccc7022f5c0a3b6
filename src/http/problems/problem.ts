import { shorten } from "../../core/answers/shorten.ts";
import type { Problem } from "../../protocol/answers/problem.ts";
import { metrics } from "../../telemetry/metrics.ts";
import type { AppContext } from "../context.ts";
import {
  MOST_ISSUE_PATH_CHARS,
  MOST_ISSUES,
  type ProblemWords,
  type RefusalForm,
} from "./refusal.ts";

const PROBLEM_DOCUMENT: RefusalForm = {
  contentType: "application/problem+json",
  write: (document) => JSON.stringify(document),
};

const MOST_DETAIL_CHARS = 1_000;
const MOST_MESSAGE_CHARS = 500;
/** Of a detail, in the line of its request. */
const MOST_LOGGED_CHARS = 200;

/** Answers with an RFC 9457 problem document, or in the form of the route's own format. */
export function problem(c: AppContext, words: ProblemWords): Response {
  metrics.refused.add(1, { cause: words.type });
  if (words.isSaid === true) c.set("isSaid", true);
  const detail = shorten(words.detail, MOST_DETAIL_CHARS);
  c.set("cause", { problem: words.type, detail: shorten(detail, MOST_LOGGED_CHARS) });
  const document: Problem = {
    type: `urn:edgetape:problem:${words.type}`,
    ...{ title: words.title, status: words.status, detail },
    ...(words.errors !== undefined && {
      errors: words.errors.slice(0, MOST_ISSUES).map(({ path, message }) => ({
        path: shorten(path, MOST_ISSUE_PATH_CHARS),
        message: shorten(message, MOST_MESSAGE_CHARS),
      })),
    }),
    correlation_id: c.get("correlationId"),
  };
  const { contentType, write } = c.get("refusalForm") ?? PROBLEM_DOCUMENT;
  return c.body(write(document), words.status, {
    ...words.headers,
    "content-type": contentType,
    ...(words.retryAfterS !== undefined && { "retry-after": String(words.retryAfterS) }),
  });
}
