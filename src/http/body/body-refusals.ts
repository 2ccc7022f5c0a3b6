import { type ProblemWords, Refusal } from "../problems/refusal.ts";
import type { BodyReading, BytesReading } from "./read-body.ts";

type NotRead = Exclude<BodyReading | BytesReading, { kind: "text" | "bytes" }>;

/** The refusal of a body that was not read. */
export function bodyRefused(body: NotRead): Refusal {
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

function wordsOf(body: NotRead): ProblemWords {
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
        detail: `Content-Encoding ${body.encoding} is not supported: send ${body.known}.`,
      };
    case "broken":
      return unreadableBody(
        `The body says it is ${body.packing}, but it does not un${body.packing === "gzip" ? "zip" : "pack"}: it is broken or cut short.`,
      );
    case "too_many_members":
      return unreadableBody(
        `The body is gzip of more than ${body.most} members: zip it as a whole, or send several.`,
      );
    case "cut_short":
      return unreadableBody("The body is cut short, or a chunk of it has no length.");
    case "not_utf8":
      return unreadableBody("The body is not UTF-8 text.");
    default:
      return body satisfies never;
  }
}

function unreadableBody(detail: string): ProblemWords {
  return { status: 400, type: "unreadable-body", title: "The body cannot be read", detail };
}
