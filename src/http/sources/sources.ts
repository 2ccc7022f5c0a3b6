import { Rooms } from "../../bindings/rooms.ts";
import type { Sources } from "../../reads/sources.ts";
import type { AppContext } from "../context.ts";
import { databaseOf } from "./database-of.ts";

/** What a request reads from. */
export function sourcesOf(c: AppContext): Sources {
  return {
    rooms: new Rooms(c.env),
    db: databaseOf(c.get("config")),
    correlationId: c.get("correlationId"),
  };
}
