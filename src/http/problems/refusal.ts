import type { ContentfulStatusCode } from "hono/utils/http-status";
import { shorten } from "../../core/answers/shorten.ts";
import type { Problem, ProblemIssue } from "../../protocol/answers/problem.ts";

/** Why a request is refused, in words that say what to do. `type` is the last part of the problem's URN. */
export interface ProblemWords {
  status: ContentfulStatusCode;
  type: string;
  title: string;
  detail: string;
  errors?: ProblemIssue[];
  /** Seconds until it is worth trying again. */
  retryAfterS?: number;
  /** What else the answer needs in its head. */
  headers?: Readonly<Record<string, string>>;
  /** A line of the log has said it for all requests like this one. */
  isSaid?: true;
}

/** How a refusal is written where a format has a form of its own for it. */
export interface RefusalForm {
  contentType: string;
  write: (problem: Problem) => string | Uint8Array<ArrayBuffer>;
}

/** A request is refused: thrown where that is found out, and answered in one place (`answerFailure`). */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly words: ProblemWords;

  constructor(words: ProblemWords) {
    super(words.detail);
    this.words = words;
  }
}

/** What came from the request is shown as far as it helps, whatever its length. */
export const MOST_ISSUES = 20;
export const MOST_ISSUE_PATH_CHARS = 200;

/** The one refusal of a query whose parameters do not fit. */
export function badParameters(...errors: ProblemIssue[]): Refusal {
  return new Refusal({
    status: 400,
    type: "bad-parameters",
    title: "The query is not right",
    detail: errors
      .slice(0, MOST_ISSUES)
      .map((issue) => `${shorten(issue.path, MOST_ISSUE_PATH_CHARS)} ${issue.message}`)
      .join("; "),
    errors,
  });
}
