import { DurableObject } from "cloudflare:workers";

/** The peer of the ingest scenarios: parse the body, one call to one object, one SQLite row, answer. */
export class Room extends DurableObject {
  constructor(ctx, env) {
    super(ctx, env);
    ctx.storage.sql.exec("CREATE TABLE IF NOT EXISTS log (cursor INTEGER PRIMARY KEY, body TEXT)");
  }

  append(body) {
    return this.ctx.storage.sql
      .exec("INSERT INTO log (body) VALUES (?) RETURNING cursor", body)
      .one().cursor;
  }
}

export default {
  async fetch(request, env) {
    const body = await request.text();
    const { symbol } = JSON.parse(body)[0];
    const cursor = await env.ROOM.getByName(symbol).append(body);
    return Response.json({ accepted: 1, cursors: { [symbol]: cursor } }, { status: 202 });
  },
};
