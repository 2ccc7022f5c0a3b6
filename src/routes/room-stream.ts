import { Hono } from "hono";
import { createMiddleware } from "hono/factory";
import { needs } from "../http/access/authorize.ts";
import type { AppEnv } from "../http/context.ts";
import { streamOf } from "../http/export-stream.ts";
import { takeViewer } from "../http/limits/descriptors.ts";
import { Parameters } from "../http/query/parameters.ts";
import { placeOfEventId, roomEvents } from "../http/room-events.ts";
import { enterRoom } from "./socket.ts";

const HEADERS = {
  "content-type": "text/event-stream; charset=utf-8",
  // Neither a cache nor a compressor may hold it back, nor a proxy that gathers (nginx).
  "cache-control": "no-store, no-transform",
  "x-accel-buffering": "no",
};

/** Who follows a room is a viewer, and needs a place like one. */
const hasPlace = createMiddleware<AppEnv>(async (c, next) => {
  await takeViewer(c);
  return next();
});

/** A room as server-sent events: to a room its reader is a viewer like any other (SPEC ST-11). */
export const roomStreamRoutes = new Hono<AppEnv>().get(
  "/api/rooms/:symbol/stream",
  hasPlace,
  needs("read"),
  async (c) => {
    const last = c.req.header("last-event-id") ?? "";
    const parameters = new Parameters(
      withPlace(c.req.url, last),
      ["since", "log"],
      c.get("nowUs")(),
    );
    const symbol = parameters.symbol("symbol", c.req.param("symbol"));
    const resumption = parameters.resumption();
    if (last !== "" && placeOfEventId(last) === null) {
      parameters.refuse("Last-Event-ID", "must be the id of an event of this stream");
    }
    parameters.check();
    const { webSocket } = await enterRoom(c, { symbol, ...resumption, namesProtocol: false });
    if (webSocket === null) throw new Error("a room let a viewer in and gave no socket");
    webSocket.accept();
    const correlationId = c.get("correlationId");
    const parts = roomEvents(webSocket, {
      random: Math.random,
      wait: (ms) => scheduler.wait(ms),
    });
    const body = streamOf(parts, (error) =>
      c.get("logger").warn("room_stream_failed", {
        ...{ correlation_id: correlationId, symbol, detail: String(error) },
      }),
    );
    return c.body(body, 200, HEADERS);
  },
);

/** A reader that comes back says by `Last-Event-ID` where it was, which counts instead of where it began. */
function withPlace(text: string, last: string): string {
  const place = placeOfEventId(last);
  if (place === null) return text;
  const url = new URL(text);
  url.searchParams.set("since", place.since);
  if (place.log === null) url.searchParams.delete("log");
  else url.searchParams.set("log", place.log);
  return url.href;
}
