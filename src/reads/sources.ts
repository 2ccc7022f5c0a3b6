import type { Rooms } from "../bindings/rooms.ts";
import type { Database } from "../db/driver/database.ts";

/** What a read joins: Postgres, and the newest part of the rooms. */
export interface Sources {
  rooms: Rooms;
  db: Database;
  /** Of the request, for the statements' comments. */
  correlationId: string;
}
