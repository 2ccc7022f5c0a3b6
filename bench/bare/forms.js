import { DurableObject } from "cloudflare:workers";
import { LineDecoder } from "../../src/formats/influx/decode-lines.ts";
import { precisionOf } from "../../src/formats/influx/precision.ts";
import { decodeMetrics } from "../../src/formats/otlp/decode-metrics.ts";
import { decodeWrite } from "../../src/formats/prometheus/remote-write.ts";
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
    const events = eventsOf(
      new URL(request.url).pathname,
      new Uint8Array(await request.arrayBuffer()),
    );
    if (events === null) return new Response("broken", { status: 400 });
    await env.ROOM.getByName("room").append(JSON.stringify(events));
    return new Response(null, { status: 204 });
  },
};

function eventsOf(path, bytes) {
  const limits = { events: 0, chars: 0 };
  const nowUs = Date.now() * 1_000;
  const terms = { symbolLabel: "symbol", mayWrite: () => true, limits, nowUs };
  if (path === "/api/v2/write") {
    const text = new TextDecoder().decode(bytes);
    const decoder = new LineDecoder(text, precisionOf("us"), nowUs, limits);
    return decoder.decodeSome(Number.POSITIVE_INFINITY) === "done" ? decoder.events : null;
  }
  const unpacked = path === "/api/v1/write" ? unpackSnappy(bytes) : bytes;
  if (unpacked === null) return null;
  const decoded =
    path === "/api/v1/write"
      ? decodeWrite(unpacked, "1.0", terms)
      : decodeMetrics(unpacked, "protobuf", terms);
  return decoded.kind === "points" ? decoded.points.events : null;
}
