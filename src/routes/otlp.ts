import { Hono } from "hono";
import { createMiddleware } from "hono/factory";
import { exportAnswer, type Rejected, statusAnswer } from "../formats/otlp/answers.ts";
import { decodeLogs } from "../formats/otlp/decode-logs.ts";
import { decodeMetrics } from "../formats/otlp/decode-metrics.ts";
import type { OtlpEncoding } from "../formats/otlp/encoding.ts";
import type { Refused } from "../formats/points/refused.ts";
import { needs } from "../http/access/authorize.ts";
import { readIdempotencyKey } from "../http/body/idempotency-key.ts";
import { wantsPost } from "../http/body/read-batch.ts";
import { readBytes } from "../http/body/read-body.ts";
import type { AppContext, AppEnv } from "../http/context.ts";
import { needsStorage } from "../http/limits/storage.ts";
import { type ProblemWords, Refusal, type RefusalForm } from "../http/problems/refusal.ts";
import { inForm } from "../http/problems/refusal-form.ts";
import { asText, readPoints } from "../http/pushes/read-points.ts";
import { takePoints, takePush } from "../http/pushes/take-push.ts";

const METRICS = "/v1/metrics";
const LOGS = "/v1/logs";

const CONTENT_TYPES: Readonly<Record<OtlpEncoding, string>> = {
  protobuf: "application/x-protobuf",
  json: "application/json",
};

/** OTLP/HTTP (https://opentelemetry.io/docs/specs/otlp/#otlphttp), SPEC O-6 to O-8, LG-9. */
export const otlpRoutes = new Hono<AppEnv>()
  .post(METRICS, inStatus(), needs("write"), needsStorage, async (c) => {
    const encoding = encodingOf(c);
    if (encoding === null) throw new Refusal(UNKNOWN_ENCODING);
    const key = readIdempotencyKey(c);
    const { found, bytes } = await readPoints(c, readBytes, (body, terms) =>
      decodeMetrics(body, encoding, terms),
    );
    await takePoints(c, found.points, { key, body: () => asText(bytes) });
    return answer(c, encoding, "rejectedDataPoints", found.points.refused);
  })
  .post(LOGS, inStatus(), needs("write"), needsStorage, async (c) => {
    const encoding = encodingOf(c);
    if (encoding === null) throw new Refusal(UNKNOWN_ENCODING);
    const key = readIdempotencyKey(c);
    const { found, bytes } = await readPoints(c, readBytes, (body, terms) =>
      decodeLogs(body, encoding, terms),
    );
    const { items, refused } = found.records;
    if (items.length > 0) await takePush(c, items, { key, body: () => asText(bytes) });
    return answer(c, encoding, "rejectedLogRecords", refused);
  })
  .all(METRICS, wantsPost)
  .all(LOGS, wantsPost);

const WORDS: Readonly<Record<Rejected, string>> = {
  rejectedDataPoints: "data points",
  rejectedLogRecords: "log records",
};

function answer(c: AppContext, encoding: OtlpEncoding, what: Rejected, refused: Refused): Response {
  const message = refused.count === 0 ? "" : refused.text(WORDS[what]);
  const body = exportAnswer(encoding, what, refused.count, message);
  return c.body(body, 200, { "content-type": CONTENT_TYPES[encoding] });
}

/** Refusals are a `google.rpc.Status` in the encoding of the request. */
function inStatus() {
  const formOf = (encoding: OtlpEncoding): RefusalForm => ({
    contentType: CONTENT_TYPES[encoding],
    write: ({ status, detail }) => statusAnswer(encoding, status, detail),
  });
  const forms = { protobuf: inForm(formOf("protobuf")), json: inForm(formOf("json")) };
  return createMiddleware<AppEnv>((c, next) => forms[encodingOf(c) ?? "json"](c, next));
}

function encodingOf(c: AppContext): OtlpEncoding | null {
  const [media = ""] = (c.req.header("content-type") ?? "").split(";");
  switch (media.trim().toLowerCase()) {
    case "application/x-protobuf":
      return "protobuf";
    case "application/json":
      return "json";
    default:
      return null;
  }
}

const UNKNOWN_ENCODING: ProblemWords = {
  status: 415,
  type: "unsupported-media-type",
  title: "Content-Type not supported",
  detail: "OTLP is application/x-protobuf or application/json.",
};
