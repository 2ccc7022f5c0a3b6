import {
  type LogFrame,
  partsOf,
  type RoomId,
  type RowPart,
} from "../../../../durable/host/log/rows/log-row.ts";
import {
  numberOf,
  type SqlCell,
  type SqlPort,
  type SqlValue,
  textOf,
} from "../../../../durable/room/sql-port.ts";
import type { SymbolName } from "../../../../src/protocol/words/symbol.ts";
import type { Cursor } from "../../../../src/protocol/words/time.ts";
import { memorySql } from "../../room/sqlite-port.ts";

/** What a host writes on its disk of a room. */
export interface SavedRoom {
  id: RoomId;
  symbol: SymbolName;
  /** The symbol has another room now. */
  isFormer: boolean;
  /** Its frames are behind those of an earlier life. */
  isPlaced: boolean;
  /** It knows what was before it. */
  isSettled: boolean;
}

/** Somebody who watches what a host writes, before anybody is told of it. */
export interface DiskObserver {
  onRow(row: { first: Cursor; last: Cursor; parts: readonly RowPart[] }): void;
  /** Frames left their row, and come again in another. */
  onTakenOut(room: RoomId, frames: readonly LogFrame[]): void;
  onRoom(room: SavedRoom): void;
  /** Frames up to a cursor are in the log no more. */
  onPruned(through: Cursor): void;
  /** Everything in the log is to be stored once more. */
  onStoredAnew(): void;
}

export interface ObservedSql extends SqlPort {
  /** Events in the log. */
  logEvents(): number;
  prunedThrough(): Cursor;
}

const INSERT_ROW =
  /^INSERT INTO log_\d+ \(cursor, first, events, bytes, stored, head, keys, frames, lengths\)/;
const UPDATE_ROW =
  /^UPDATE (log_\d+) SET events = \?, bytes = \?, head = \?, frames = \?, lengths = \? WHERE cursor = \?/;
const SAVE_ROOM = /^INSERT OR REPLACE INTO rooms \(id, symbol, born, before, reaches, pending, /;

const NEW_ROOMS = /^INSERT INTO rooms \(id, symbol, born, before, reaches, pending, /;

/** SQLite in memory as a host's disk: it outlives the hosts that are made over it. */
export function observedSql(observer: DiskObserver): ObservedSql {
  const sql = memorySql();
  const one = (query: string, ...bindings: SqlValue[]): Record<string, SqlCell> =>
    [...sql.exec(query, ...bindings)][0] ?? {};
  const logs = () =>
    Array.from(sql.exec("SELECT name FROM sqlite_schema WHERE name GLOB 'log_*'"), ({ name }) =>
      textOf(name),
    );
  return {
    exec(query, ...bindings) {
      const update = UPDATE_ROW.exec(query);
      const before =
        update === null
          ? null
          : one(
              `SELECT first, head, frames FROM ${update[1]} WHERE cursor = ?`,
              bindings.at(-1) ?? null,
            );
      const rows = sql.exec(query, ...bindings);
      if (before !== null) tellTakenOut(before, bindings, observer);
      else if (INSERT_ROW.test(query)) tellRow(bindings, observer);
      else if (SAVE_ROOM.test(query)) tellRoom(bindings, observer);
      else if (NEW_ROOMS.test(query)) tellNewRooms(bindings, observer);
      else if (query.startsWith("INSERT OR REPLACE INTO meta")) {
        const [key, value] = bindings;
        if (key === "pruned_through") observer.onPruned(Number(value) as Cursor);
        if (key === "stored_anew_from") observer.onStoredAnew();
      }
      return rows;
    },
    logEvents: () =>
      logs().reduce(
        (sum, name) =>
          sum + numberOf(one(`SELECT coalesce(sum(events), 0) AS n FROM ${name}`)["n"]),
        0,
      ),
    prunedThrough: () =>
      Number(one("SELECT value FROM meta WHERE key = 'pruned_through'")["value"]) as Cursor,
  };
}

function tellRow([last, first, , , , head, , frames]: SqlValue[], observer: DiskObserver): void {
  const from = Number(first) as Cursor;
  const parts = partsOf(String(head), from, String(frames));
  observer.onRow({ first: from, last: Number(last) as Cursor, parts });
}

function tellTakenOut(
  before: Record<string, SqlCell>,
  [, , head, frames]: SqlValue[],
  observer: DiskObserver,
): void {
  const first = numberOf(before["first"]) as Cursor;
  const left = new Set(partsOf(String(head), first, String(frames)).map(({ room }) => room));
  for (const part of partsOf(textOf(before["head"]), first, textOf(before["frames"]))) {
    if (!left.has(part.room)) observer.onTakenOut(part.room, part.frames);
  }
}

function tellRoom(values: SqlValue[], observer: DiskObserver): void {
  const [id, symbol, , , , pending] = values;
  observer.onRoom({
    isFormer: values.at(-1) === 1,
    id: Number(id) as RoomId,
    symbol: String(symbol) as SymbolName,
    // As the registry writes it: 1 is `place`, 2 is `life`.
    isPlaced: pending !== 1,
    isSettled: pending === 0,
  });
}

/** Rooms that are made together have ids one after another, and all else alike. */
function tellNewRooms(values: SqlValue[], observer: DiskObserver): void {
  const [first, born, before, reaches, pending, tenure, names] = values;
  for (const [at, symbol] of (JSON.parse(String(names)) as string[]).entries()) {
    const id = Number(first) + at;
    const alike = [born ?? null, before ?? null, reaches ?? null, pending ?? null];
    tellRoom([id, symbol, ...alike, 0, 0, tenure ?? null, 0], observer);
  }
}
