import type {
  HadPart,
  HostBatch,
  HostOutcome,
  HostRefusal,
  IdempotentRequest,
  KeyClaim,
} from "../../../src/bindings/host.ts";
import type { EncodedFrame } from "../../../src/core/events/encode-events.ts";
import type { SymbolName } from "../../../src/protocol/words/symbol.ts";
import type { Cursor } from "../../../src/protocol/words/time.ts";
import { writeSeries } from "../../room/append/series-limit.ts";
import type { RoomCore } from "../../room/room-core.ts";
import type { AlertFollowing } from "../alerts/alert-following.ts";
import type { HostPorts } from "../host-ports.ts";
import type { HostLog } from "../log/host-log.ts";
import type { HostSymbols } from "../symbols/host-symbols.ts";
import { AppendBatcher } from "./append-batcher.ts";
import type { KnownRequests } from "./known-requests.ts";
import { type AppendDeps, appendBatches, refusalOf } from "./plan-append.ts";
import type { TradeWindows } from "./trade-windows.ts";

/** Of batches that arrive together; one that is new takes some 20 us. */
const ROOMS_A_COMMIT = 500;
/** Rooms that are loaded in one turn of the event loop, some ms. */
const LOADS_A_TURN = 500;
/** A batch over so many takes some ms. */
const LONG_BATCH = 100;

export interface HostAppendDeps {
  log: HostLog;
  known: KnownRequests;
  windows: TradeWindows;
  following: AlertFollowing;
  symbols: HostSymbols;
  roomOf(symbol: SymbolName): RoomCore;
  isLoaded(symbol: SymbolName): boolean;
  isFull: AppendDeps<RoomCore>["isFull"];
  hasMoved(symbol: SymbolName): boolean;
  /** A request was taken whose lines in the log bear this id. */
  taken(correlationId: string): void;
  /** There is more in the log of these rooms. */
  published(rooms: readonly RoomCore[]): void;
  ports: Pick<HostPorts, "sql" | "clock" | "logger" | "turn" | "breathe" | "restart">;
}

const NOTHING: readonly HostBatch[] = [];

/** What producers bring to a host, and what its rooms add of their own: into the log, in as few commits as it takes. */
export class HostAppend {
  readonly #deps: HostAppendDeps;
  readonly #plan: AppendDeps<RoomCore>;
  readonly #batcher: AppendBatcher<HostBatch, HostOutcome>;
  /** Batches whose rooms' alerts are about to begin, by symbol, the last of each. */
  readonly #beginning = new Map<SymbolName, Promise<void>>();
  /** What the commit at hand takes. */
  #underWay: readonly HostBatch[] = [];

  constructor(deps: HostAppendDeps) {
    const { log, known, symbols, roomOf, hasMoved, isFull, ports } = deps;
    this.#deps = deps;
    this.#plan = {
      ...{ log, roomOf, hasMoved, isFull },
      makeRecords: (names) => symbols.makeRooms(names),
      recordOf: (symbol) => symbols.roomFor(symbol),
      refuseNew: (holder, names) => symbols.refuseNew(holder, names),
      keepSeries: (series) => writeSeries(ports.sql, series),
      ...{ hadElsewhere: known.hadElsewhere, hadHere: known.hadHere, placeOf: known.placeOf },
    };
    this.#batcher = new AppendBatcher({
      appendAll: (batches) => this.#appendAll(batches),
      ...{ tick: ports.turn, breathe: ports.breathe, nowMs: ports.clock.nowMs },
      weigh: ({ rooms }) => rooms.length,
      maxWeight: ROOMS_A_COMMIT,
    });
  }

  /** Appends a batch whole or not at all, in one commit with those that arrive together with it. Rejects where it cannot be written down. */
  async append(batch: HostBatch): Promise<HostOutcome> {
    const { windows, following, known } = this.#deps;
    // All of it is one commit, and so one turn of the event loop: what need not be in that is done before.
    if (batch.rooms.length >= LONG_BATCH) await this.#load(batch.rooms);
    const lacking = windows.lacking(batch.rooms);
    if (lacking.length > 0) await windows.make(lacking);
    const symbols = batch.rooms.map(({ symbol }) => symbol);
    const beginning = following.lacking(symbols);
    if (beginning.length > 0 || symbols.some((symbol) => this.#beginning.has(symbol))) {
      await this.#begin(symbols, () => following.read(beginning));
    }
    return known.inTurn(batch, () => this.#batcher.append(batch));
  }

  /** What would be said to the batch? Null: it would be taken. */
  admits(batch: HostBatch): Promise<HostRefusal | null> {
    const { known, ports } = this.#deps;
    return known.inTurn(batch, () => refusalOf(this.#plan, batch, ports.clock.nowUs()));
  }

  /** Has this host had the parts of a request for these symbols, by place? */
  hadParts(request: IdempotentRequest, symbols: readonly SymbolName[]): HadPart[] {
    return this.#deps.known.partsHad(request, symbols);
  }

  /** Claims a key for a request that no room is asked for; durable when the turn is. */
  claim(request: IdempotentRequest): KeyClaim {
    const { log, ports } = this.#deps;
    const nowUs = ports.clock.nowUs();
    const known = log.findKey(request.key, nowUs);
    if (known !== null) return known.fingerprint === request.fingerprint ? "same" : "other";
    this.#orRestart(() => log.append([], [request], nowUs));
    return "new";
  }

  /** The id of the push that the commit at hand brings a room, the last where there are several; null where none does. */
  causeOf(symbol: SymbolName): string | null {
    const cause = this.#underWay.findLast(({ rooms }) =>
      rooms.some((part) => part.symbol === symbol),
    );
    return cause?.correlationId ?? null;
  }

  /** Frames that a room adds of its own. */
  appendOwn(room: RoomCore, frames: readonly EncodedFrame[]): void {
    const { log, ports, published } = this.#deps;
    const { id } = room.log;
    if (id === null) return;
    const [cursor] = this.#orRestart(() =>
      log.append([{ room: id, frames }], [], ports.clock.nowUs()),
    );
    room.log.appended(cursor as Cursor);
    published([room]);
  }

  /** Reads for a batch over these symbols, behind those that read for one of them: none overtakes another of its symbol. */
  async #begin(symbols: readonly SymbolName[], read: () => Promise<void>): Promise<void> {
    const ahead = symbols.map((symbol) => this.#beginning.get(symbol));
    const turn = Promise.allSettled(ahead).then(read);
    for (const symbol of symbols) this.#beginning.set(symbol, turn);
    try {
      await turn;
    } finally {
      for (const symbol of symbols) {
        if (this.#beginning.get(symbol) === turn) this.#beginning.delete(symbol);
      }
    }
  }

  async #load(parts: HostBatch["rooms"]): Promise<void> {
    const { ports, roomOf, isLoaded } = this.#deps;
    let loads = 0;
    for (const { symbol } of parts) {
      if (isLoaded(symbol)) continue;
      if (loads % LOADS_A_TURN === 0) await ports.breathe();
      roomOf(symbol);
      loads += 1;
    }
  }

  #appendAll(batches: readonly HostBatch[]): HostOutcome[] {
    const { ports, taken, published } = this.#deps;
    const { clock, logger } = ports;
    this.#underWay = batches;
    const { outcomes, rooms } = this.#orRestart(() =>
      appendBatches(this.#plan, batches, clock.nowUs()),
    );
    this.#underWay = NOTHING;
    const isLogged = logger.isEnabledFor("debug");
    for (const [at, { correlationId, rooms: parts }] of batches.entries()) {
      const outcome = outcomes[at]?.kind;
      if (isLogged) {
        const symbols = parts.map(({ symbol }) => symbol);
        logger.debug("appended", { correlation_id: correlationId, symbols, outcome });
      }
      if (outcome === "appended") taken(correlationId);
    }
    published(rooms);
    return outcomes;
  }

  #orRestart<T>(append: () => T): T {
    try {
      return append();
    } catch (error) {
      // Memory may be ahead of the disk now, as with trades taken for seen: start again from what is on disk.
      this.#deps.ports.restart(`append failed: ${String(error)}`);
      throw error;
    }
  }
}
