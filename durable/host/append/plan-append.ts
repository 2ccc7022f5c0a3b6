import type {
  BeyondSeries,
  HadPart,
  HostBatch,
  HostOutcome,
  HostRefusal,
  IdempotentRequest,
} from "../../../src/bindings/host.ts";
import type { SymbolBatch } from "../../../src/core/events/encode-events.ts";
import type { SymbolName } from "../../../src/protocol/words/symbol.ts";
import type { Cursor, EpochUs } from "../../../src/protocol/words/time.ts";
import { nothingTaken, type RoomAppend, type Taken } from "../../room/append/append.ts";
import type { RoomLog } from "../../room/log/room-log.ts";
import type { HostLog, RoomId, RoomPart } from "../log/host-log.ts";
import type { KnownRequest } from "../log/keys/known-request.ts";
import type { RoomRecord } from "../room-record.ts";

/** A room as an append sees it. */
export interface AppendingRoom {
  readonly symbol: SymbolName;
  readonly append: RoomAppend;
  readonly log: Pick<RoomLog, "id" | "head" | "adopt" | "appended">;
}

export interface AppendDeps<Room extends AppendingRoom = AppendingRoom> {
  log: Pick<HostLog, "append" | "findKey">;
  roomOf(symbol: SymbolName): Room;
  /** Makes the records of those that nobody has pushed, in this turn. */
  makeRecords(symbols: readonly SymbolName[]): void;
  /** The record of a symbol. */
  recordOf(symbol: SymbolName): RoomRecord;
  /** Is the symbol another host's? */
  hasMoved(symbol: SymbolName): boolean;
  /** Seconds after which the holder may bring these, of which some may be new; null: now. */
  refuseNew(holder: string, symbols: readonly SymbolName[]): number | null;
  /** Has another host, or the first edition's room, had the part of this very request for a symbol? */
  hadElsewhere(symbol: SymbolName, request: IdempotentRequest): HadPart;
  /**
   * Has this host had the part of a request that it knows for a symbol? Not always: symbols may have come to it since, of which
   * the request had brought something elsewhere, or nothing yet.
   */
  hadHere(symbol: SymbolName, known: KnownRequest): boolean;
  /** Where the part of a request is that somebody has had; null where nobody knows. */
  placeOf(
    symbol: SymbolName,
    request: IdempotentRequest,
    known: KnownRequest | null,
  ): Cursor | null;
  /** Writes down series that rooms have got, in this turn. */
  keepSeries(series: ReadonlyMap<RoomId, ReadonlySet<number>>): void;
  /** Does too much wait for Postgres, of the host or of one of these? */
  isFull(symbols: readonly SymbolName[]): boolean;
}

/** `had`: the places of parts that were taken before, by symbol. */
type Plan =
  | { kind: "take" | "repeats_commit" | "repeated"; had: ReadonlyMap<SymbolName, Cursor> }
  | HostRefusal;
const NO_SERIES: ReadonlySet<number> = new Set();
const NOTHING_HAD: ReadonlyMap<SymbolName, Cursor> = new Map();

/** What one commit takes, of all its batches together. */
interface Commit<Room> {
  rooms: Map<SymbolName, { room: Room; taken: Taken }>;
  keyed: IdempotentRequest[];
  /** Digest by key, of the batches of this commit. */
  keys: Map<string, string>;
}

/**
 * Appends the batches of one turn in one commit: they arrived together, whatever their symbols. Synchronous, so that the
 * platform commits everything in it at once (INV-1). Each batch has its own outcome, and is taken whole or not at all. `rooms`
 * have more in the log now.
 */
export function appendBatches<Room extends AppendingRoom>(
  deps: AppendDeps<Room>,
  batches: readonly HostBatch[],
  nowUs: EpochUs,
): { outcomes: HostOutcome[]; rooms: Room[] } {
  const commit: Commit<Room> = { rooms: new Map(), keyed: [], keys: new Map() };
  const plans = batches.map((batch) => planBatch(deps, batch, commit, nowUs));
  const rooms = write(deps, commit, nowUs);
  const outcomes = plans.map((plan, at): HostOutcome => {
    if (!("had" in plan)) return plan;
    const cursors = (batches[at]?.rooms ?? []).map(
      ({ symbol }) => plan.had.get(symbol) ?? roomIn(deps, commit, symbol).log.head,
    );
    return { kind: plan.kind === "take" ? "appended" : "repeated", cursors };
  });
  return { outcomes, rooms };
}

/** What would be said to the batch now; null: it would be taken. */
export function refusalOf(deps: AppendDeps, batch: HostBatch, nowUs: EpochUs): HostRefusal | null {
  const { idempotency } = batch;
  const known = idempotency === undefined ? null : deps.log.findKey(idempotency.key, nowUs);
  if (known !== null) {
    return known.fingerprint === idempotency?.fingerprint ? null : { kind: "key_reused" };
  }
  if (wasAnother(deps, batch)) return { kind: "key_reused" };
  return refuse(deps, batch, { rooms: new Map() });
}

function planBatch<Room extends AppendingRoom>(
  deps: AppendDeps<Room>,
  batch: HostBatch,
  commit: Commit<Room>,
  nowUs: EpochUs,
): Plan {
  const { idempotency } = batch;
  if (idempotency !== undefined) {
    const { key, fingerprint } = idempotency;
    const sameCommit = commit.keys.get(key);
    if (sameCommit !== undefined) {
      if (sameCommit !== fingerprint) return { kind: "key_reused" };
      return { kind: "repeats_commit", had: NOTHING_HAD };
    }
    const known = deps.log.findKey(key, nowUs);
    if (known !== null && known.fingerprint !== fingerprint) return { kind: "key_reused" };
    if (wasAnother(deps, batch)) return { kind: "key_reused" };
    const isLeft = ({ symbol }: SymbolBatch) =>
      (known === null || !deps.hadHere(symbol, known)) &&
      deps.hadElsewhere(symbol, idempotency) === "no";
    const left = batch.rooms.filter(isLeft);
    const had = placesOf(
      deps,
      idempotency,
      known,
      batch.rooms.filter((part) => !left.includes(part)),
    );
    if (left.length === 0) return { kind: "repeated", had };
    return takeParts(deps, batch, left, commit, had);
  }
  return takeParts(deps, batch, batch.rooms, commit, NOTHING_HAD);
}

function takeParts<Room extends AppendingRoom>(
  deps: AppendDeps<Room>,
  batch: HostBatch,
  parts: readonly SymbolBatch[],
  commit: Commit<Room>,
  had: ReadonlyMap<SymbolName, Cursor>,
): Plan {
  const { idempotency } = batch;
  const refusal = batch.admitted === true ? null : refuse(deps, batch, commit);
  if (refusal !== null) return refusal;
  for (const part of parts) {
    const { room, taken } = commit.rooms.get(part.symbol) ?? open(deps, part.symbol, commit);
    room.append.take(part, taken);
  }
  if (idempotency !== undefined) {
    commit.keys.set(idempotency.key, idempotency.fingerprint);
    commit.keyed.push(idempotency);
  }
  return { kind: "take", had };
}

/** The key came with another request, on another host or in the first edition. */
function wasAnother(deps: AppendDeps, { idempotency, rooms }: HostBatch): boolean {
  if (idempotency === undefined) return false;
  return rooms.some(({ symbol }) => deps.hadElsewhere(symbol, idempotency) === "other");
}

function refuse<Room extends AppendingRoom>(
  deps: AppendDeps<Room>,
  { rooms, holder }: HostBatch,
  commit: Pick<Commit<Room>, "rooms">,
): HostRefusal | null {
  const symbols = rooms.map(({ symbol }) => symbol);
  const moved = symbols.find((symbol) => deps.hasMoved(symbol));
  if (moved !== undefined) return { kind: "moved", symbol: moved };
  if (deps.isFull(symbols)) return { kind: "full" };
  const beyond: BeyondSeries[] = [];
  for (const part of rooms) {
    if (part.series === undefined) continue;
    const taken = commit.rooms.get(part.symbol)?.taken.series ?? NO_SERIES;
    const series = roomIn(deps, commit, part.symbol).append.seriesBeyond(part.series, taken);
    if (series.length > 0) beyond.push({ symbol: part.symbol, series: [...series] });
  }
  const [first] = beyond;
  if (first !== undefined) return { kind: "too_many_series", symbol: first.symbol, beyond };
  const retryAfterS = deps.refuseNew(holder, symbols);
  return retryAfterS === null ? null : { kind: "too_many_new_symbols", retryAfterS };
}

/** The room of a symbol; the host need not look for one that the commit has. */
function roomIn<Room extends AppendingRoom>(
  deps: AppendDeps<Room>,
  { rooms }: Pick<Commit<Room>, "rooms">,
  symbol: SymbolName,
): Room {
  return rooms.get(symbol)?.room ?? deps.roomOf(symbol);
}

function open<Room extends AppendingRoom>(
  deps: AppendDeps<Room>,
  symbol: SymbolName,
  { rooms }: Commit<Room>,
) {
  const opened = { room: deps.roomOf(symbol), taken: nothingTaken() };
  rooms.set(symbol, opened);
  return opened;
}

function write<Room extends AppendingRoom>(
  deps: AppendDeps<Room>,
  commit: Commit<Room>,
  nowUs: EpochUs,
): Room[] {
  const parts: RoomPart[] = [];
  const rooms: Room[] = [];
  const series = new Map<RoomId, ReadonlySet<number>>();
  deps.makeRecords([...commit.rooms.keys()]);
  for (const [symbol, { room, taken }] of commit.rooms) {
    const record = deps.recordOf(symbol);
    if (room.log.id === null) room.log.adopt(record);
    const frames = room.append.framesOf(taken, nowUs);
    if (frames.length === 0) continue;
    parts.push({ room: record.id, frames });
    rooms.push(room);
    if (taken.series.size > 0) series.set(record.id, taken.series);
  }
  deps.keepSeries(series);
  if (parts.length === 0 && commit.keyed.length === 0) return rooms;
  const cursors = deps.log.append(parts, commit.keyed, nowUs);
  for (const [at, room] of rooms.entries()) {
    room.log.appended(cursors[at] as Cursor);
    room.append.appended();
  }
  return rooms;
}

function placesOf(
  deps: AppendDeps,
  request: IdempotentRequest,
  known: KnownRequest | null,
  parts: readonly SymbolBatch[],
): Map<SymbolName, Cursor> {
  const places = new Map<SymbolName, Cursor>();
  for (const { symbol } of parts) {
    const place = deps.placeOf(symbol, request, known);
    if (place !== null) places.set(symbol, place);
  }
  return places;
}
