import { KeyLedger } from "../../../durable/keys/key-ledger.ts";
import { type AppendDeps, appendBatches } from "../../../durable/room/append.ts";
import { ArchiveReads } from "../../../durable/room/archive-reads.ts";
import { Audience } from "../../../durable/room/audience.ts";
import { BookSampler } from "../../../durable/room/book-sampler.ts";
import { OutboxDrain } from "../../../durable/room/drain.ts";
import type { FanOutPace } from "../../../durable/room/fan-out-pace.ts";
import { type LogKeeping, RoomLog } from "../../../durable/room/log.ts";
import type { LogFrame } from "../../../durable/room/log-row.ts";
import { RoomMemory } from "../../../durable/room/memory.ts";
import { readPoll } from "../../../durable/room/poll.ts";
import { SeriesLimit } from "../../../durable/room/series-limit.ts";
import type { SqlPort } from "../../../durable/room/sql-port.ts";
import type { AppendBatch, AppendOutcome, PollPage } from "../../../src/bindings/room.ts";
import type { SymbolName } from "../../../src/protocol/symbol.ts";
import type { Cursor, EpochUs } from "../../../src/protocol/time.ts";
import type { FakePostgres } from "./fake-postgres.ts";
import type { FakeTime } from "./fake-time.ts";

const SLOW_STORE_MS = 5;

export interface RoomPartsDeps {
  sql: SqlPort;
  time: FakeTime;
  postgres: FakePostgres;
  keeping: LogKeeping;
  windowBytes: number;
  partLimit: { events: number; bytes: number };
  pace: FanOutPace;
  /** Frames were appended, and no viewer has them yet. */
  onAppended: (frames: Iterable<LogFrame>) => void;
  /** Frames up to a cursor can only be in Postgres. */
  onPruned: (through: Cursor) => void;
}

/** The parts of a room put together as `durable/room/room.ts` does it, over fakes. One of these is one waking life. */
export class RoomParts {
  readonly log: RoomLog;
  readonly memory: RoomMemory;
  readonly audience: Audience;
  readonly #append: AppendDeps;
  readonly #books: BookSampler;
  readonly #drain: OutboxDrain;
  readonly #archive: ArchiveReads;
  readonly #deps: RoomPartsDeps;
  /** Work that keeps the platform from putting the room to sleep. */
  #pending = 0;
  #isAlive = true;

  constructor(deps: RoomPartsDeps) {
    this.#deps = deps;
    const { sql, time, postgres } = deps;
    this.log = new RoomLog(sql, this.#nowUs(), deps.keeping);
    this.memory = new RoomMemory(sql, this.log);
    const keepAwake = (work: Promise<void>) => {
      this.#pending += 1;
      void work.finally(() => {
        this.#pending -= 1;
      });
    };
    this.#archive = new ArchiveReads({
      sql,
      read: async (after, upTo) => postgres.read(after, upTo),
      wait: time.wait,
    });
    this.audience = new Audience({
      symbol: "BTC-USD" as SymbolName,
      log: this.log,
      windowBytes: deps.windowBytes,
      pace: deps.pace,
      foldToHead: () => this.memory.foldToHead(),
      flushed: () => undefined,
      takeBars: (after, through) => this.memory.takeBars(after, through),
      readArchive: this.#archive.read,
      nowMs: time.nowMs,
      wait: time.wait,
      keepAwake,
    });
    this.#drain = new OutboxDrain({
      log: this.log,
      partLimit: deps.partLimit,
      store: async ({ frames }) => {
        // A dead room's call may still be under way when the next one starts: what it carries is in the log as well.
        if (!this.#isAlive) return new Promise(() => {});
        if (postgres.mode === "slow") await time.wait(SLOW_STORE_MS);
        return postgres.store(frames);
      },
      wait: time.wait,
      random: () => 0.5,
      keepAwake,
      storedIn: () => false,
      onStored: () => {
        if (this.log.prunable) this.memory.prune();
        deps.onPruned(this.log.prunedThrough);
      },
    });
    this.#books = new BookSampler(this.log, this.memory);
    this.#append = {
      log: this.log,
      keys: new KeyLedger(sql),
      tradeWindow: this.memory.tradeWindow,
      books: this.#books,
      series: new SeriesLimit({ sql, limit: 0, known: () => [] }),
      outboxLimitBytes: 0,
    };
    this.#drain.kick();
  }

  get maySleep(): boolean {
    return this.#pending === 0;
  }

  append(batches: AppendBatch[]): AppendOutcome[] {
    const before = this.log.head;
    const outcomes = appendBatches(this.#append, batches, this.#nowUs());
    this.#appended(before);
    return outcomes;
  }

  /** What the room's alarm does about its book; it goes off when the sampler has asked for it. */
  alarm(): void {
    this.#archive.forgetUnused();
    const before = this.log.head;
    const keyframe = this.#books.takeDue(this.#nowUs());
    if (keyframe === null) return;
    this.log.append(keyframe, this.#nowUs());
    this.#appended(before);
  }

  get alarmMs(): number | null {
    return this.#books.dueMs(this.#deps.time.nowMs());
  }

  #appended(before: Cursor): void {
    this.#deps.onAppended(this.log.framesAfter(before, this.log.head));
    this.audience.published();
    this.#drain.kick();
  }

  poll(since: Cursor, limit: number): Promise<PollPage> {
    return readPoll({ log: this.log, readArchive: this.#archive.read }, since, limit);
  }

  /** This life is over: asleep or dead. */
  end(): void {
    this.#isAlive = false;
  }

  #nowUs(): EpochUs {
    return (this.#deps.time.nowMs() * 1_000) as EpochUs;
  }
}
