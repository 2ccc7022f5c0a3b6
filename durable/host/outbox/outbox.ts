import type { Resend } from "../../../src/bindings/host.ts";
import type { StoreOutcome, WriterCalls } from "../../../src/bindings/writer.ts";
import type { HostName } from "../../../src/core/placement/placement.ts";
import { CURSOR_ORIGIN, type Cursor } from "../../../src/protocol/words/time.ts";
import type { Logger } from "../../../src/telemetry/log.ts";
import { hostStates } from "../../../src/telemetry/metrics.ts";
import type { Clock } from "../../clock.ts";
import type { SqlPort } from "../../room/sql-port.ts";
import type { HostPart, RoomId } from "../log/host-log.ts";
import { type DrainLimit, OutboxDrain } from "./drain.ts";
import { HeldBack } from "./held-back.ts";
import { HeldBackLane } from "./held-back-lane.ts";
import type { OutboxLog, Storable, SymbolOf } from "./outbox-log.ts";
import { OutboxSender } from "./outbox-sender.ts";
import { StoredWhere } from "./stored-where.ts";
import { Waiters } from "./waiters.ts";

/** A host that is read asks so often which database it is. */
const LOOK_EVERY_MS = 30_000;
/** And waits so long for the answer: what is read meanwhile is no worse than without. */
const LOOK_WITHIN_MS = 1_000;

export interface OutboxDeps {
  host: HostName;
  sql: SqlPort;
  log: OutboxLog;
  writer: Pick<WriterCalls, "store" | "identity">;
  symbolOf: SymbolOf;
  /** May what a room has go to Postgres, or may it be under cursors of an earlier life of it? Whoever changes it kicks. */
  storable(room: RoomId): Storable;
  partLimit: DrainLimit;
  clock: Pick<Clock, "nowMs" | "within">;
  random(): number;
  keepAwake(work: Promise<void>): void;
  logger: Logger;
  /** Rooms that have something in the log. */
  roomsHeld(): number;
  /** Rooms of symbols that are here, for the metrics. */
  roomsHere(): number;
  /** The settings leave the host out: it brings what it has to Postgres, and is told of for no longer. */
  isLeftOut: boolean;
  /** Up to here Postgres alone had what was; null where the host's log reaches back to the beginning of every room. */
  lostThrough(): Cursor | null;
  /** What the log has is not in the database that there is now: it has to go there. */
  mustStoreAgain(): void;
  /** The outbox's position moved, or something that was held back was stored. */
  onStored(): void;
}

/** What of a host's log is not in Postgres yet: its way there, who waits for it, and which database it is. */
export class Outbox {
  /** What Postgres refuses of some rooms, and what others have that have no place yet. */
  readonly held: HeldBack;
  readonly #deps: OutboxDeps;
  readonly #where: StoredWhere;
  /** Requests that wait until a cursor is in Postgres (`?wait=stored`), */
  readonly #waiters = new Waiters<Cursor>();
  /** and until rooms have their places. */
  readonly #placing = new Waiters<() => boolean>();
  readonly #sender: OutboxSender;
  readonly #drain: OutboxDrain;
  readonly #heldLane: HeldBackLane;
  #lookedAtMs = Number.NEGATIVE_INFINITY;
  /** Since when there has been something in it without a break; null where it is empty. */
  #filledAtMs: number | null = null;
  /** False: what is in it is of before this life, or of before it began anew. */
  #isFollowed = false;

  constructor(deps: OutboxDeps) {
    this.#deps = deps;
    const { sql, log, symbolOf, storable, partLimit, clock, random, keepAwake } = deps;
    const { host, writer, logger, roomsHeld, lostThrough } = deps;
    this.held = new HeldBack(sql, log.storedThrough);
    this.#where = new StoredWhere({
      ...{ sql, roomsHeld, lostThrough },
      storeAgain: () => {
        log.storeAgain();
        this.#isFollowed = false;
        this.held.rewind(log.storedThrough);
        this.#heldLane.beginAnew();
      },
    });
    this.#sender = new OutboxSender({
      ...{ host, symbolOf, writer },
      unreachable: (error) => logger.warn("writer_unreachable", { host, detail: String(error) }),
    });
    const onStored = () => {
      this.#waiters.release((cursor) => this.#isStored(cursor));
      this.#measure();
      deps.onStored();
    };
    const { held } = this;
    const lane = { held, symbolOf, storable, partLimit, clock, random, keepAwake, onStored };
    this.#drain = new OutboxDrain({
      ...{ ...lane, log },
      store: (rooms, leftBytes) => this.#store("outbox", rooms, leftBytes),
      storedIn: (identity) => this.#hear(identity),
      onHeldBack: () => this.#heldLane.rest(),
      isAwaited: () => this.#waiters.some((cursor) => cursor > log.storedThrough),
    });
    this.#heldLane = new HeldBackLane({
      ...lane,
      store: (rooms, leftBytes) => this.#store("held_back", rooms, leftBytes),
      storedIn: (identity) => void this.#hear(identity),
    });
  }

  /** Text of all that is not in Postgres. While there is any the host's alarm has to kick (INV-1). */
  get bytes(): number {
    return this.#deps.log.outboxBytes + this.held.bytes;
  }

  /**
   * Starts storing, unless that is under way, or rests. Called with each append, by a room that has got its place, and by the
   * host's alarm.
   */
  kick(): void {
    this.#placing.release((isPlaced) => isPlaced());
    this.#measure();
    this.#drain.kick();
    this.#heldLane.kick();
  }

  /** A request brought something; its id goes with the next part. */
  remember(correlationId: string): void {
    this.#sender.remember(correlationId);
  }

  /** Resolves when everything of its room up to `cursor` is in Postgres, or with false when that takes longer than `timeoutMs`. */
  async untilStored(cursor: Cursor, timeoutMs: number): Promise<boolean> {
    if (this.#isStored(cursor)) return true;
    const waiter = this.#waiters.add(cursor);
    this.#drain.hurry();
    try {
      return await this.#deps.clock.within(waiter.over, timeoutMs);
    } finally {
      this.#waiters.forget(waiter);
    }
  }

  /** Resolves when rooms have their places behind what Postgres has of them, or with false when that takes longer. */
  async untilPlaced(isPlaced: () => boolean, timeoutMs: number): Promise<boolean> {
    if (isPlaced()) return true;
    const waiter = this.#placing.add(isPlaced);
    try {
      return await this.#deps.clock.within(waiter.over, timeoutMs);
    } finally {
      this.#placing.forget(waiter);
    }
  }

  /** A database has said that it is this one. */
  meet(identity: string): Resend {
    this.#hear(identity);
    return this.#where.resendTo(identity);
  }

  /** Asks at the first read of this life, and then now and again, whether the database is still the one it was. */
  async lookAtDatabase(): Promise<void> {
    const { clock, writer } = this.#deps;
    const nowMs = clock.nowMs();
    if (nowMs >= this.#lookedAtMs && nowMs - this.#lookedAtMs < LOOK_EVERY_MS) return;
    this.#lookedAtMs = nowMs;
    const look = async () => {
      const identity = await writer.identity();
      if (identity !== null) this.#hear(identity);
    };
    await clock.within(
      look().catch(() => undefined),
      LOOK_WITHIN_MS,
    );
  }

  #measure(): void {
    const { host, log, clock, roomsHere, isLeftOut } = this.#deps;
    const { bytes } = this;
    if (bytes === 0) this.#filledAtMs = null;
    else if (this.#isFollowed) this.#filledAtMs ??= clock.nowMs();
    else this.#filledAtMs = this.#oldestMs();
    this.#isFollowed = true;
    if (isLeftOut && bytes === 0) {
      hostStates.delete(host);
      return;
    }
    // What was acknowledged up to there is stored, but for what is held back.
    const storedMs = this.held.bytes > 0 ? 0 : log.storedThrough / 1_000;
    const outboxSinceMs = this.#filledAtMs === null ? null : Math.max(this.#filledAtMs, storedMs);
    const headMs = log.head / 1_000;
    hostStates.set(host, { rooms: roomsHere(), outboxBytes: bytes, outboxSinceMs, headMs });
  }

  /** When the oldest of what is not in Postgres was acknowledged: a cursor is a moment. */
  #oldestMs(): number {
    const { log } = this.#deps;
    const first = log.outbox({ events: 1, bytes: 1 }, log.storedThrough, () => true);
    let oldest: number = log.head;
    for (const { frames } of first?.rooms ?? []) {
      oldest = Math.min(oldest, frames[0]?.cursor ?? oldest);
    }
    for (const room of this.held.roomIds) {
      oldest = Math.min(oldest, this.held.of(room)?.first ?? oldest);
    }
    return oldest / 1_000;
  }

  #isStored(cursor: Cursor): boolean {
    return cursor <= this.#deps.log.storedThrough && !this.held.holds(cursor);
  }

  #store(
    lane: "outbox" | "held_back",
    rooms: HostPart["rooms"],
    leftBytes: number,
  ): Promise<StoreOutcome> {
    const waiting =
      lane === "outbox"
        ? { outboxBytes: this.#deps.log.outboxBytes, roomsWaiting: rooms.length }
        : { outboxBytes: this.held.bytes, roomsWaiting: this.held.rooms };
    return this.#sender.store(rooms, { lane, ...waiting, leftBytes });
  }

  /** True where it is another database than the one of before: what the log holds goes there. */
  #hear(identity: string): boolean {
    const { host, log, logger, mustStoreAgain } = this.#deps;
    if (!this.#where.hear(identity)) return false;
    const { rooms, lostThrough } = this.#where.resendTo(identity);
    logger.warn("host_stores_again", {
      ...{ host, rooms, from: log.prunedThrough, to: log.head },
      ...(lostThrough !== null && { lost_from: CURSOR_ORIGIN, lost_to: lostThrough }),
      help: "another database has taken the place of the one that had it",
    });
    mustStoreAgain();
    return true;
  }
}
