import type { StoreOutcome, WriterCalls } from "../../../src/bindings/writer.ts";
import type { SymbolName } from "../../../src/protocol/symbol.ts";
import { CURSOR_ORIGIN, type Cursor } from "../../../src/protocol/time.ts";
import type { Log } from "../../../src/telemetry/log.ts";
import type { RoomLog } from "../log/log.ts";
import type { RoomPorts } from "../room-ports.ts";
import type { SqlPort } from "../sql-port.ts";
import { OutboxDrain } from "./drain.ts";
import { OutboxSender } from "./outbox-sender.ts";
import { StoredWaiters } from "./stored-waiters.ts";
import { type Resend, StoredWhere } from "./stored-where.ts";

/** A room that is read asks so often which database it is. */
const LOOK_EVERY_MS = 30_000;
/** And waits so long for the answer: what is read meanwhile is no worse than without. */
const LOOK_WITHIN_MS = 1_000;

export interface OutboxDeps extends Pick<RoomPorts, "clock" | "random" | "keepAwake"> {
  symbol: SymbolName;
  sql: SqlPort;
  log: RoomLog;
  writer: Pick<WriterCalls, "store" | "identity">;
  partLimit: { events: number; bytes: number };
  logger: Log;
  /** What the log has is not in the database that there is now: it has to go there. */
  mustStoreAgain(): void;
  /** The outbox's position moved. */
  onStored(): void;
}

/** What of a room's log is not in Postgres yet: its way there, who waits for it, and which database it is. */
export class Outbox {
  readonly #deps: OutboxDeps;
  readonly #where: StoredWhere;
  readonly #waiters = new StoredWaiters();
  readonly #sender: OutboxSender;
  readonly #drain: OutboxDrain;
  #lookedAtMs = Number.NEGATIVE_INFINITY;

  constructor(deps: OutboxDeps) {
    this.#deps = deps;
    const { symbol, sql, log, writer, partLimit, clock, random, keepAwake, logger } = deps;
    this.#where = new StoredWhere(sql, log);
    this.#sender = new OutboxSender({
      symbol,
      outboxBytes: () => log.outboxBytes,
      writer,
      unreachable: (error) => logger.warn("writer_unreachable", { symbol, detail: String(error) }),
    });
    this.#drain = new OutboxDrain({
      ...{ log, partLimit, wait: clock.wait, random, keepAwake },
      store: (part): Promise<StoreOutcome> => this.#sender.store(part),
      storedIn: (identity) => this.#hear(identity),
      onStored: (through) => {
        this.#waiters.release(through);
        deps.onStored();
      },
    });
  }

  /** Starts storing, unless that is under way. */
  kick(): void {
    this.#drain.kick();
  }

  /** A request brought something; its id goes with the next part. */
  remember(correlationId: string): void {
    this.#sender.remember(correlationId);
  }

  /** Resolves when everything up to `cursor` is in Postgres, or with false when that takes longer than `timeoutMs`. */
  async untilStored(cursor: Cursor, timeoutMs: number): Promise<boolean> {
    const { log, clock } = this.#deps;
    if (log.storedThrough >= cursor) return true;
    this.#drain.hurry();
    return clock.within(this.#waiters.wait(cursor), timeoutMs);
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

  /** True where it is another database than the one of before: what the log holds goes there. */
  #hear(identity: string): boolean {
    const { symbol, log, logger, mustStoreAgain } = this.#deps;
    if (!this.#where.hear(identity)) return false;
    const { lostThrough } = this.#where.resendTo(identity);
    logger.warn("room_stores_again", {
      symbol,
      from: log.prunedThrough,
      to: log.head,
      ...(lostThrough !== null && { lost_from: CURSOR_ORIGIN, lost_to: lostThrough }),
      help: "another database has taken the place of the one that had it",
    });
    mustStoreAgain();
    return true;
  }
}
