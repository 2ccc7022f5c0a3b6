import type { Directory } from "../durable/directory/directory.ts";
import type { Room } from "../durable/room/room.ts";
import type { Writer } from "../durable/writer/writer.ts";

/** The bindings of wrangler.toml. Settings are read through `configOf`, which checks them. */
export interface Env {
  ROOM: DurableObjectNamespace<Room>;
  WRITER: DurableObjectNamespace<Writer>;
  DIRECTORY: DurableObjectNamespace<Directory>;
  ASSETS: Fetcher;
}
