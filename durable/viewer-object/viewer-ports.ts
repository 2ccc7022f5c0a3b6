import type { Logger } from "../../src/telemetry/log.ts";
import type { Clock } from "../clock.ts";
import type { SqlPort } from "../room/sql-port.ts";
import type { ViewerAttachment, ViewerSocket } from "../room/viewers/viewer.ts";

/** What the platform gives to an object with viewers, a host or a relay. */
export interface ViewerPorts<Attachment = ViewerAttachment> {
  /** A database of the object's own; what one turn of the event loop writes is committed at once. */
  sql: SqlPort;
  clock: Pick<Clock, "nowMs" | "nowUs" | "wait" | "within">;
  random(): number;
  /** Keeps the object in memory until the work is done. */
  keepAwake(work: Promise<void>): void;
  /** The one alarm, which outlives the object's memory. `atMs()` is null where none is set. */
  alarm: { atMs(): number | null; set(atMs: number): void };
  /** Every open socket, for the watch over pings. */
  sockets(): Iterable<ViewerSocket<Attachment>>;
  /** Sockets that were closed and whose clients have not answered: the alarm looks after them. */
  closingSockets(): number;
  /** Whether the platform answers pings itself. */
  setAutoResponse(isOn: boolean): void;
  logger: Logger;
}
