import { Hono } from "hono";
import {
  decodeWrite,
  type WriteVersion,
  type Written,
} from "../formats/prometheus/remote-write.ts";
import { needs } from "../http/access/authorize.ts";
import { readIdempotencyKey } from "../http/body/idempotency-key.ts";
import { wantsPost } from "../http/body/read-batch.ts";
import { readSnappy } from "../http/body/read-body.ts";
import type { AppContext, AppEnv } from "../http/context.ts";
import { needsStorage } from "../http/limits/storage.ts";
import { type ProblemWords, Refusal } from "../http/problems/refusal.ts";
import { inForm, inPlainText } from "../http/problems/refusal-form.ts";
import { asText, readPoints } from "../http/pushes/read-points.ts";
import { takePoints } from "../http/pushes/take-push.ts";

const ROUTE = "/api/v1/write";

/** Prometheus remote write (https://prometheus.io/docs/specs/prw/remote_write_spec_2_0/), SPEC O-2 to O-5. */
export const remoteWriteRoutes = new Hono<AppEnv>()
  .post(ROUTE, inForm(inPlainText), needs("write"), needsStorage, async (c) => {
    const version = versionOf(c.req.header("content-type") ?? "");
    if (version === null) throw new Refusal(UNKNOWN_MESSAGE);
    const key = readIdempotencyKey(c);
    const { found, bytes } = await readPoints(c, readSnappy, (body, terms) =>
      decodeWrite(body, version, terms),
    );
    const { single, grouped } = await takePoints(c, found.points, {
      key,
      body: () => asText(bytes),
    });
    found.samples -= single;
    found.histograms -= grouped;
    return answer(c, version, found);
  })
  .all(ROUTE, wantsPost);

function answer(c: AppContext, version: WriteVersion, written: Written): Response {
  const { points, samples, histograms } = written;
  if (version === "2.0") {
    c.header("x-prometheus-remote-write-samples-written", String(samples));
    c.header("x-prometheus-remote-write-histograms-written", String(histograms));
    c.header("x-prometheus-remote-write-exemplars-written", "0");
  }
  const { refused } = points;
  // Whoever gets a 400 sends none of it again, and what was good is in the rooms.
  return refused.count === 0 ? c.body(null, 204) : c.text(`${refused.text("samples")}\n`, 400);
}

/** Which message the body is; null where it is none that is known. */
function versionOf(contentType: string): WriteVersion | null {
  const [media = "", ...parameters] = contentType.split(";").map((part) => part.trim());
  if (media.toLowerCase() !== "application/x-protobuf") return null;
  const proto = parameters.find((one) => one.toLowerCase().startsWith("proto="));
  switch (proto?.slice("proto=".length).replaceAll('"', "") ?? "prometheus.WriteRequest") {
    case "prometheus.WriteRequest":
      return "1.0";
    case "io.prometheus.write.v2.Request":
      return "2.0";
    default:
      return null;
  }
}

const UNKNOWN_MESSAGE: ProblemWords = {
  status: 415,
  type: "unsupported-media-type",
  title: "Content-Type not supported",
  detail:
    "Remote write is application/x-protobuf, with proto=prometheus.WriteRequest, which it is without a word, or proto=io.prometheus.write.v2.Request.",
};
