import type { AppContext } from "../context.ts";
import { problem } from "../problems/problem.ts";
import type { BodyReading } from "./read-body.ts";

/** The refusal of a body that was not read. */
export function refuseBody(c: AppContext, body: Exclude<BodyReading, { kind: "text" }>): Response {
  switch (body.kind) {
    case "too_large":
      return problem(c, {
        status: 413,
        type: "body-too-large",
        title: "The body is too large",
        detail: `The body is larger than ${body.limitBytes} bytes${body.unzipped ? " unzipped" : ""}: send smaller batches.`,
      });
    case "unknown_encoding":
      return problem(c, {
        status: 415,
        type: "unsupported-encoding",
        title: "Content-Encoding not supported",
        detail: `Content-Encoding ${body.encoding} is not supported: send gzip, or none.`,
      });
    case "broken_gzip":
      return unreadable(
        c,
        "The body says it is gzip, but it does not unzip: it is broken or cut short.",
      );
    case "not_utf8":
      return unreadable(c, "The body is not UTF-8 text.");
  }
}

/** The refusal of a body that is no document. */
export function unreadable(c: AppContext, detail: string): Response {
  return problem(c, {
    status: 400,
    type: "unreadable-body",
    title: "The body cannot be read",
    detail,
  });
}
