import { type ProblemWords, Refusal } from "../problems/refusal.ts";
import type { BodyReading } from "./read-body.ts";

/** The refusal of a body that was not read. */
export function bodyRefused(body: Exclude<BodyReading, { kind: "text" }>): Refusal {
  return new Refusal(wordsOf(body));
}

/** The refusal of a body that is no document. */
export function unreadable(detail: string): Refusal {
  return new Refusal(unreadableBody(detail));
}

/** The refusal of a body with more in it than one request may bring (SPEC I-17). */
export function tooManyEvents(limitEvents: number): Refusal {
  return new Refusal({
    status: 413,
    type: "too-many-events",
    title: "Too many events in one request",
    detail: `The batch has more than ${limitEvents} items (LIMIT_EVENTS), or too many fields and levels in all of them together, and nothing of it was taken: send several smaller ones.`,
  });
}

function wordsOf(body: Exclude<BodyReading, { kind: "text" }>): ProblemWords {
  switch (body.kind) {
    case "too_large":
      return {
        status: 413,
        type: "body-too-large",
        title: "The body is too large",
        detail: `The body is larger than ${body.limitBytes} bytes${body.unzipped ? " unzipped" : ""}: send smaller batches.`,
      };
    case "unknown_encoding":
      return {
        status: 415,
        type: "unsupported-encoding",
        title: "Content-Encoding not supported",
        detail: `Content-Encoding ${body.encoding} is not supported: send gzip, or none.`,
      };
    case "broken_gzip":
      return unreadableBody(
        "The body says it is gzip, but it does not unzip: it is broken or cut short.",
      );
    case "not_utf8":
      return unreadableBody("The body is not UTF-8 text.");
    default:
      return body satisfies never;
  }
}

function unreadableBody(detail: string): ProblemWords {
  return { status: 400, type: "unreadable-body", title: "The body cannot be read", detail };
}
