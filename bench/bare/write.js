import { DurableObject } from "cloudflare:workers";
import { decodeWrite } from "../../src/formats/prometheus/remote-write.ts";
import { unpackSnappy } from "../../src/formats/wire/snappy.ts";

/** The peer of remote write: unpack and parse the body, one call to one object, one SQLite row, answer. */
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
    const unpacked = unpackSnappy(new Uint8Array(await request.arrayBuffer()));
    if (unpacked === null) return new Response("broken", { status: 400 });
    const decoded = decodeWrite(unpacked, "1.0", {
      ...{ symbolLabel: "symbol", mayWrite: () => true, limits: { events: 0, chars: 0 } },
      nowUs: Date.now() * 1_000,
    });
    if (decoded.kind !== "points") return new Response(decoded.kind, { status: 400 });
    await env.ROOM.getByName("room").append(JSON.stringify(decoded.points.events));
    return new Response(null, { status: 204 });
  },
};
