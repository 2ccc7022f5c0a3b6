import { FormerLogs } from "../../../durable/host/log/former-logs.ts";
import { HostLog, KEEPING } from "../../../durable/host/log/host-log.ts";
import { HeldBack } from "../../../durable/host/outbox/held-back.ts";
import { Registry } from "../../../durable/host/registry.ts";
import { createSeriesTable } from "../../../durable/room/append/series-limit.ts";
import { RoomLog } from "../../../durable/room/log/room-log.ts";
import { createArchiveTable } from "../../../durable/room/past/archive-reads.ts";
import type { SqlPort } from "../../../durable/room/sql-port.ts";
import { createDoubtsTable } from "../../../durable/room/state/doubtful-hours.ts";
import { createStateTables } from "../../../durable/room/state/room-state.ts";
import type { EncodedFrame } from "../../../src/core/events/encode-events.ts";
import type { SymbolName } from "../../../src/protocol/words/symbol.ts";
import type { EpochUs } from "../../../src/protocol/words/time.ts";

export const SYMBOL = "BTC-USD" as SymbolName;

/** Creates what rooms keep on a host's disk. */
export function createTables(sql: SqlPort): void {
  createStateTables(sql);
  createSeriesTable(sql);
  createArchiveTable(sql);
  createDoubtsTable(sql);
}

/**
 * A room on a host of its own that nothing was before, or that does not know yet what was; opened again on the same disk it is the
 * same.
 */
export function oneRoom(sql: SqlPort, nowUs: EpochUs, pending: "place" | null = null) {
  createTables(sql);
  const hostLog = new HostLog(sql, nowUs, () => "a-log", KEEPING);
  const registry = new Registry(sql, () => true);
  const record = registry.find(SYMBOL) ?? registry.add(SYMBOL, hostLog.head, pending);
  const former = new FormerLogs(sql);
  const held = new HeldBack(sql, hostLog.storedThrough);
  const log = new RoomLog({ log: hostLog, registry, held, former }, record);
  const append = (frames: readonly EncodedFrame[]) => {
    const [cursor] = hostLog.append([{ room: record.id, frames }], [], nowUs);
    if (cursor !== undefined) log.appended(cursor);
  };
  return { hostLog, former, registry, record, log, append };
}
