import { type ScannedPoint, scannedOf } from "../../core/events/scan-points.ts";
import type { TapeEvent } from "../../protocol/events/event.ts";
import type { SymbolName } from "../../protocol/words/symbol.ts";
import type { Cursor } from "../../protocol/words/time.ts";
import { ask, askAll } from "../driver/ask.ts";
import type { Database } from "../driver/database.ts";
import { isCollision } from "../driver/database-error.ts";
import { byRequest } from "../driver/requests.ts";
import { alertRows } from "./alert-rows.ts";
import { BookRows } from "./book-rows.ts";
import type { Collisions, Insert } from "./collisions.ts";
import { LogRows } from "./log-rows.ts";
import { noteRows } from "./note-rows.ts";
import { orderRows } from "./order-rows.ts";
import { PointRows } from "./point-rows.ts";
import { positionRows } from "./position-rows.ts";
import { type DatabaseIds, resolveIds, type SeriesIdCache } from "./series-ids.ts";
import type { SeriesName } from "./series-name.ts";
import { TradeRows } from "./trade-rows.ts";

/** A frame of a room's log: its events in order, so that the index of each is its ordinal. */
export interface StoredFrame {
  cursor: Cursor;
  events: readonly TapeEvent[];
}

/** A frame of nothing but points, as they stand in its text. */
export interface PointFrame {
  cursor: Cursor;
  points: readonly ScannedPoint[];
}

export interface RoomFrames {
  symbol: SymbolName;
  frames: readonly (StoredFrame | PointFrame)[];
}

/**
 * What was stored: rows sent, without repetitions inside the batch, and the earliest moment of a
 * point or a trade.
 */
export interface Stored {
  points: number;
  trades: number;
  positions: number;
  /** Samples of books. */
  books: number;
  /** States of orders. */
  orders: number;
  notes: number;
  logLines: number;
  /** Changes of alerts. */
  alerts: number;
  /** Infinity where there is none. */
  earliestUs: number;
  /** Points and trades of closed hours, which count nowhere (SPEC K-1). */
  setAside: number;
  /** Of the database that has it; null where there was nothing to store. */
  identity: string | null;
}

/** The second attempt is for a cache that was emptied by the first. */
const RESOLVE_ATTEMPTS = 2;
/** A database is replaced now and then, and not while this runs again. */
const REPLACED_ATTEMPTS = 2;

/**
 * Stores the events of frames of any number of rooms. Repeating it, whole or in parts, in any
 * order, changes nothing (INV-6): a point, a position, a state of an order or a note is kept with its
 * latest (cursor, ordinal) (INV-9), a trade with its earliest. Of books the samples alone are stored (SPEC D-5); the rest is
 * passed over.
 *
 * One round trip where every series is known, no row is stored already and the batch is under 8
 * MiB; larger batches go in several, and a failure between them is mended by repeating the call. Each
 * statement proves its ids: where another database answers, or one that was restored to a moment
 * before they were made, nothing is stored under them, and the batch goes once more with the ids of
 * that one.
 *
 * `pause`: lets others at the thread between what takes some ms each.
 *
 * @throws DatabaseError
 */
export async function storeFrames(
  db: Database,
  rooms: readonly RoomFrames[],
  ids: SeriesIdCache,
  tag?: string,
  pause: () => Promise<void> = async () => {},
): Promise<Stored> {
  for (let attempt = 0; attempt <= REPLACED_ATTEMPTS; attempt += 1) {
    const known = ids.ids;
    const stored = await storeUnder(db, rooms, ids, { ids: known, tag, pause });
    if (stored !== null) return stored;
    ids.forget(known);
  }
  throw new Error("another database answers each time");
}

/** Null where the database is not the one of the ids: then nothing went there under ids of another. */
async function storeUnder(
  db: Database,
  rooms: readonly RoomFrames[],
  cache: SeriesIdCache,
  how: { ids: DatabaseIds; tag: string | undefined; pause: () => Promise<void> },
): Promise<Stored | null> {
  const { ids, tag, pause } = how;
  await pause();
  const points = new PointRows(cache.names);
  const trades = new TradeRows();
  const positions = positionRows();
  const books = new BookRows();
  const orders = orderRows();
  const notes = noteRows();
  const logs = new LogRows();
  const alerts = alertRows();
  let earliestUs = Number.POSITIVE_INFINITY;
  for (const { symbol, frames } of rooms) {
    for (const given of frames) {
      const { cursor } = given;
      const place = { cursor, digits: String(cursor) };
      if ("points" in given) {
        let ordinal = 0;
        for (const point of given.points) {
          points.add(symbol, point, place, ordinal);
          if (point.ts < earliestUs) earliestUs = point.ts;
          ordinal += 1;
        }
        continue;
      }
      const { events } = given;
      for (let ordinal = 0; ordinal < events.length; ordinal += 1) {
        const event = events[ordinal] as TapeEvent;
        switch (event.kind) {
          case "metric":
            points.add(symbol, scannedOf(event), place, ordinal);
            earliestUs = Math.min(earliestUs, event.ts);
            break;
          case "trade":
            trades.add(symbol, event, cursor, ordinal);
            earliestUs = Math.min(earliestUs, event.ts);
            break;
          case "position":
            positions.add(symbol, event, cursor, ordinal);
            break;
          case "book":
            if (event.sampled === true) books.add(symbol, event, cursor, ordinal);
            break;
          case "order":
            orders.add(symbol, event, cursor, ordinal);
            break;
          case "note":
            notes.add(symbol, event, cursor, ordinal);
            break;
          case "log":
            logs.add(symbol, event, cursor, ordinal);
            break;
          case "alert":
            alerts.add(symbol, event, cursor, ordinal);
            break;
          default:
            event satisfies never;
        }
      }
    }
  }
  const ofSymbols = [trades, positions, books, orders, notes, logs, alerts];
  const resolving = resolveUnknown(db, ids, points, ofSymbols, tag).catch((error: unknown) => {
    // Whether these ids count as learnt is not known, so what is learnt after them would prove nothing.
    cache.forget(ids);
    throw error;
  });
  if (!(await resolving)) return null;
  await pause();
  const { proof } = ids;
  // What has no rows, such as changes of books alone, has needed no ids.
  const inserts =
    proof === null ? [] : [points, ...ofSymbols].flatMap((rows) => [...rows.inserts(proof)]);
  const setAside = await insert(db, inserts, cache.collisions, tag);
  if (setAside === null) return null;
  return {
    ...{ points: points.rowCount, trades: trades.rowCount },
    ...{ positions: positions.rowCount, books: books.rowCount },
    ...{ orders: orders.rowCount, notes: notes.rowCount, logLines: logs.rowCount },
    alerts: alerts.rowCount,
    ...{ earliestUs, setAside, identity: inserts.length === 0 ? null : (proof?.identity ?? null) },
  };
}

/** How many events were set aside; null where another database answers. */
async function insert(
  db: Database,
  inserts: readonly Insert[],
  collisions: Collisions,
  tag: string | undefined,
): Promise<number | null> {
  if (!collisions.nextIsCareful()) {
    try {
      return await send(db, inserts, "plain", tag);
    } catch (error) {
      if (!isCollision(error)) throw error;
      collisions.met();
    }
  }
  return send(db, inserts, "careful", tag);
}

async function send(
  db: Database,
  inserts: readonly Insert[],
  form: "plain" | "careful",
  tag: string | undefined,
): Promise<number | null> {
  let setAside = 0;
  for (const request of byRequest(inserts)) {
    const statements = request.map((one) => one[form]());
    const [only] = statements;
    const answers =
      only !== undefined && statements.length === 1
        ? [await ask(db, only, tag)]
        : await askAll(db, statements, tag);
    for (const [row] of answers) {
      if (typeof row?.["identity"] !== "string") return null;
      setAside += Number(row["set_aside"]);
    }
  }
  return setAside;
}

async function resolveUnknown(
  db: Database,
  ids: DatabaseIds,
  points: PointRows,
  ofSymbols: readonly Pick<TradeRows, "takeIds">[],
  tag: string | undefined,
): Promise<boolean> {
  for (let attempt = 0; attempt <= RESOLVE_ATTEMPTS; attempt += 1) {
    const series: SeriesName[] = points.takeIds(ids);
    const symbols: SymbolName[] = ofSymbols.flatMap((rows) => rows.takeIds(ids));
    if (series.length === 0 && symbols.length === 0) return true;
    if (attempt === RESOLVE_ATTEMPTS) break;
    if (!(await resolveIds(db, ids, symbols, series, tag))) return false;
  }
  throw new Error("a series has no id after it was made");
}
