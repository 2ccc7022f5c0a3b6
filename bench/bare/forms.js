import { DurableObject } from "cloudflare:workers";
import { inOneTurn } from "../../src/formats/in-steps.ts";
import { LineDecoder } from "../../src/formats/influx/decode-lines.ts";
import { KnownHeads } from "../../src/formats/influx/known-heads.ts";
import { precisionOf } from "../../src/formats/influx/precision.ts";
import { decodeMetrics } from "../../src/formats/otlp/decode-metrics.ts";
import { decodeWrite } from "../../src/formats/prometheus/remote-write.ts";
import { KnownSeries } from "../../src/formats/wire/known-series.ts";
import { unpackSnappy } from "../../src/formats/wire/snappy.ts";

/** The peer of the forms of others: parse the body, one call to one object, one SQLite row, answer. */
export class Room extends DurableObject {
  constructor(ctx, env) {
    super(ctx, env);
    ctx.storage.sql.exec("CREATE TABLE IF NOT EXISTS log (cursor INTEGER PRIMARY KEY, body TEXT)");
  }

  append(body) {
    this.ctx.storage.sql.exec("INSERT INTO log (body) VALUES (?)", body);
  }
}

export default {
  async fetch(request, env) {
    const points = pointsOf(
      new URL(request.url).pathname,
      new Uint8Array(await request.arrayBuffer()),
    );
    if (points === null) return new Response("broken", { status: 400 });
    await env.ROOM.getByName("room").append(await textOf(points));
    return new Response(null, { status: 204 });
  },
};

const known = { series: new KnownSeries(), heads: new KnownHeads() };

/** As the product writes them. */
async function textOf(points) {
  const batches = await points.encode(async () => {});
  return batches.map(({ frames }) => frames.map(({ text }) => text).join(",")).join(",");
}

function pointsOf(path, bytes) {
  const limits = { events: 0, chars: 0 };
  const nowUs = Date.now() * 1_000;
  if (path === "/api/v2/write") {
    const text = new TextDecoder().decode(bytes);
    const terms = { nowUs, limits, known: known.heads };
    const decoder = new LineDecoder(text, precisionOf("us"), terms);
    return decoder.decodeSome(Number.POSITIVE_INFINITY) === "done" ? decoder : null;
  }
  const rights = { symbolLabel: "symbol", mayWrite: () => true };
  const terms = { ...rights, known: known.series, limits, nowUs };
  const unpacked = path === "/api/v1/write" ? inOneTurn(unpackSnappy(bytes)) : bytes;
  if (unpacked === null) return null;
  const decoded =
    path === "/api/v1/write"
      ? inOneTurn(decodeWrite(unpacked, "1.0", terms))
      : inOneTurn(decodeMetrics(unpacked, "protobuf", terms));
  return decoded.kind === "points" ? decoded.points : null;
}
