import { expect } from "vitest";
import type { LogKeeping } from "../../../durable/room/log.ts";
import type { LogFrame } from "../../../durable/room/log-row.ts";
import type { FanOutPace } from "../../../durable/room/viewers/fan-out-pace.ts";
import type { MessageLimits } from "../../../durable/room/viewers/messages.ts";
import type { AppendBatch } from "../../../src/bindings/room.ts";
import { SAMPLE_INTERVAL_US } from "../../../src/core/book-samples.ts";
import { decodeFrame, encodeEvents } from "../../../src/core/encode-events.ts";
import type { BookEvent } from "../../../src/protocol/book.ts";
import type { TapeEvent, TradeEvent } from "../../../src/protocol/event.ts";
import type { SymbolName } from "../../../src/protocol/symbol.ts";
import type { Cursor, EpochUs } from "../../../src/protocol/time.ts";
import { FakePostgres } from "./fake-postgres.ts";
import { FakeTime, settle } from "./fake-time.ts";
import { isKept, ModelTape, type TapeEntry } from "./model-tape.ts";
import { ModelViewer } from "./model-viewer.ts";
import { RoomParts } from "./room-parts.ts";
import { memorySql } from "./sqlite-port.ts";

// All small, so that windows fill, logs are pruned and fan-out lags within a few steps.
export const WINDOW_BYTES = 16_000;
export const KEEPING: LogKeeping = {
  events: 300,
  slackEvents: 60,
  bytes: 60_000,
  recentBytes: 8_000,
};
export const MESSAGE_LIMITS: MessageLimits = { events: 80, chars: 6_000 };
/** One viewer is sent to at once, more of them two in a slice. */
const PACE: FanOutPace = {
  sendMs: () => 1,
  atOnceMs: 1,
  sliceMs: 2,
  pauseMs: (costMs) => (costMs > 2 ? 6 : 0),
};
const ARCHIVE_PAGE_EVENTS = 90;
const PART_LIMIT = { events: 60, bytes: 100_000 };

export interface BatchPlan {
  size: number;
  tradeEvery: number;
  repeatEvery: number;
  lateByMs: number;
  keyed: boolean;
}

/** A room over fakes, driven step by step, and everything that must be true of it at each step. */
export class ModelRoom {
  readonly tape = new ModelTape();
  readonly everyViewer: ModelViewer[] = [];
  readonly #time = new FakeTime();
  readonly #postgres = new FakePostgres(ARCHIVE_PAGE_EVENTS);
  readonly #sql = memorySql();
  readonly #lazy = new Set<ModelViewer>();
  #lives = 0;
  #room = this.#wake();
  #madeEvents = 0;
  #wasTurnedBack = false;
  #trades: TradeEvent[] = [];
  /** What the append under way has yet to account for. */
  #posted: TapeEvent[] = [];
  #keyed: { batch: AppendBatch; cursor: Cursor }[] = [];
  readonly #acksUnderWay: { viewer: ModelViewer; cursor: Cursor }[] = [];
  #polled: Cursor = this.#room.log.head;

  get head(): Cursor {
    return this.#room.log.head;
  }
  get logEvents(): number {
    return this.#room.log.events;
  }
  get openViewers(): ModelViewer[] {
    return this.everyViewer.filter(({ state }) => state === "open");
  }
  get stored(): unknown[] {
    return this.#postgres.rows.map(plain);
  }
  get kept(): unknown[] {
    return this.tape.entries.filter(({ isRepeat, event }) => !isRepeat && isKept(event)).map(plain);
  }
  /** The book as the newest sample in Postgres has it, and as it is. */
  get books(): { sampled: unknown; current: unknown } {
    // A posted snapshot may have its levels in any order: it is read as everybody reads it.
    const stored = new ModelTape();
    for (const { cursor, ordinal, event } of this.#postgres.rows)
      stored.add(cursor, ordinal, event);
    return {
      sampled: stored.book(stored.entries.length),
      current: this.tape.book(this.tape.entries.length),
    };
  }

  async append(plans: readonly BatchPlan[]): Promise<void> {
    const batches = plans.map((plan) => this.#batch(plan));
    this.#posted = batches.flatMap(({ frames }) => frames.flatMap(({ text }) => decodeFrame(text)));
    const outcomes = this.#room.append(batches);
    expect(this.#posted).toEqual([]);
    for (const [index, outcome] of outcomes.entries()) {
      expect(outcome.kind).toBe("appended");
      const batch = batches[index];
      if (outcome.kind === "appended" && batch?.idempotency !== undefined) {
        expect(outcome.cursor).toBe(this.head);
        this.#keyed.push({ batch, cursor: outcome.cursor });
      }
    }
    await this.#acknowledgeWhatIsDue();
  }

  /** A producer that had no answer sends its batch again (INV-6). */
  async retry(): Promise<void> {
    const last = this.#keyed.at(-1);
    if (last === undefined) return;
    const before = this.head;
    const fingerprint = "another body";
    expect(
      this.#room.append([
        last.batch,
        { ...last.batch, idempotency: { key: last.batch.idempotency?.key ?? "", fingerprint } },
      ]),
    ).toEqual([{ kind: "repeated", cursor: last.cursor }, { kind: "key_reused" }]);
    expect(this.head).toBe(before);
    await settle();
  }

  async connect(since: Cursor | null, acksWhenDue: boolean): Promise<void> {
    const viewer = new ModelViewer(this.tape, since, this.head);
    this.everyViewer.push(viewer);
    if (!acksWhenDue) this.#lazy.add(viewer);
    this.#room.viewers.join(viewer, since, { key: null, expiresAtMs: null });
    await this.#acknowledgeWhatIsDue();
  }

  async reconnect(index: number): Promise<void> {
    const viewer = this.#viewer(index);
    if (viewer === undefined) return;
    if (viewer.state !== "closed") await this.leave(index);
    await this.connect(viewer.cursor, !this.#lazy.has(viewer));
  }

  /** An ack of anything from nothing to all that the viewer has. */
  async acknowledge(index: number, far: number): Promise<void> {
    const viewer = this.#viewer(index);
    if (viewer?.state !== "open" || viewer.cursor === null) return;
    const { viewers } = this.#room;
    const known = viewers.viewerOf(viewer) ?? expect.fail("the room does not know the viewer");
    const cursor = far > 0.5 ? viewer.cursor : Math.floor(viewer.cursor - 1_000_000 * (1 - far));
    viewer.acked(cursor);
    viewers.acknowledged(known, cursor as Cursor);
    await this.#acknowledgeWhatIsDue();
  }

  async leave(index: number): Promise<void> {
    const viewer = this.#viewer(index);
    if (viewer === undefined || viewer.state === "closed") return;
    viewer.state = "closed";
    this.#room.viewers.leave(viewer);
    await settle();
  }

  async breakSocket(index: number): Promise<void> {
    const viewer = this.#viewer(index);
    if (viewer?.state === "open") viewer.state = "broken";
  }

  /** The platform takes the room out of memory; it does so only while nothing is under way in it. */
  async sleep(): Promise<void> {
    if (!this.#room.maySleep) return;
    this.#room.end();
    this.#room = this.#wake();
    for (const viewer of this.everyViewer) {
      if (viewer.state === "closed") continue;
      const attachment = viewer.attachment ?? expect.fail("a viewer has no attachment");
      viewer.hasFailed = false;
      viewer.isKnownToFail = false;
      this.#room.viewers.rejoin(viewer, structuredClone(attachment));
    }
    await this.#acknowledgeWhatIsDue();
  }

  /** The process dies, and its sockets with it. */
  async crash(): Promise<void> {
    this.#room.end();
    this.#time.forgetTimers();
    for (const viewer of this.everyViewer) viewer.state = "closed";
    this.#room = this.#wake();
    await settle();
  }

  async pass(ms: number): Promise<void> {
    await this.#time.pass(ms);
    this.#room.alarm();
    await this.#acknowledgeWhatIsDue();
  }

  /** One turn of the event loop: the next slice of a fan-out, or whatever else is due. */
  async turn(): Promise<void> {
    await this.#time.turn();
    await this.#acknowledgeWhatIsDue();
  }

  async turnBack(ms: number): Promise<void> {
    this.#time.turnBack(ms);
    this.#wasTurnedBack = true;
  }

  async setPostgres(mode: FakePostgres["mode"]): Promise<void> {
    this.#postgres.mode = mode;
  }

  /** One page of the polling fallback (INV-2, INV-3). */
  async poll(since: Cursor | null, limit: number): Promise<void> {
    const from = since ?? this.#polled;
    const page = await this.#time.until(this.#room.poll(from, limit));
    const events = page.events === "" ? [] : decodeFrame(page.events);
    expect(page.count).toBe(events.length);
    expect(page.cursor).toBeGreaterThanOrEqual(Math.min(from, this.head));
    if (page.complete) {
      this.tape.consume(this.tape.indexAfter(from), events, page.cursor);
    } else {
      expect(this.#postgres.mode).toBe("away");
    }
    if (page.cursor < this.head) expect(events.length).toBeGreaterThan(0);
    this.#polled = page.cursor;
  }

  /** Everything that can get better does; whoever acknowledges at all goes on to do so when it is due, and no sooner. */
  async comeToRest(): Promise<void> {
    this.#postgres.mode = "up";
    this.#lazy.clear();
    for (const [index, viewer] of this.everyViewer.entries()) {
      if (viewer.state === "broken") await this.leave(index);
    }
    // Whatever the clock was turned back by: nothing waits for it (C-1).
    for (let round = 0; round < 60; round += 1) await this.pass(16_000);
    await this.poll(null, 100_000);
  }

  #wake(): RoomParts {
    this.#lives += 1;
    return new RoomParts({
      sql: this.#sql,
      time: this.#time,
      postgres: this.#postgres,
      keeping: KEEPING,
      windowBytes: WINDOW_BYTES,
      pace: PACE,
      messageLimits: MESSAGE_LIMITS,
      partLimit: PART_LIMIT,
      onAppended: (frames) => this.#record(frames),
      onPruned: (through) => {
        this.tape.prunedThrough = through;
      },
    });
  }

  /** What was posted is in the log in its order, but for trades seen before. */
  #record(frames: Iterable<LogFrame>): void {
    for (const { cursor, text } of frames) {
      expect(cursor).toBeGreaterThan(this.tape.entries.at(-1)?.cursor ?? 0);
      for (const [ordinal, event] of decodeFrame(text).entries()) {
        if (this.#isKeyframe(event)) {
          this.#recordKeyframe(event, cursor, ordinal);
          continue;
        }
        const json = JSON.stringify(unmarked(event));
        this.#passOver((posted) => JSON.stringify(posted) !== json);
        expect(this.#posted.shift()).toEqual(unmarked(event));
        const { isRepeat } = this.tape.add(cursor, ordinal, event);
        // Only a room that slept, and has the first one no longer in its log, may take a trade again.
        if (isRepeat) {
          expect(this.#lives).toBeGreaterThan(1);
          expect(this.tape.firstSeen(event)).toBeLessThanOrEqual(this.#room.log.prunedThrough);
        }
      }
    }
    this.#passOver(() => true);
  }

  /** A snapshot of the room's own; it has the number of an event that is in the log already. */
  #isKeyframe(event: TapeEvent): event is BookEvent {
    return event.kind === "book" && event.sampled === true && event.seq === this.#lastBookSeq;
  }

  #recordKeyframe(event: BookEvent, cursor: Cursor, ordinal: number): void {
    // D-5: it is the book as it stands, and at least an interval after the sample before it.
    expect(unmarked(event)).toEqual(this.tape.book(this.tape.entries.length));
    const samples = this.tape.entries.filter(
      (one) => one.event.kind === "book" && isKept(one.event),
    );
    const last = samples.at(-1);
    if (last !== undefined && !this.#wasTurnedBack) {
      expect(cursor - last.cursor).toBeGreaterThanOrEqual(SAMPLE_INTERVAL_US);
    }
    this.tape.add(cursor, ordinal, event);
  }

  get #lastBookSeq(): BookEvent["seq"] {
    const last = this.tape.entries.findLast(({ event }) => event.kind === "book")?.event;
    return last?.kind === "book" ? last.seq : undefined;
  }

  #passOver(isMissing: (posted: TapeEvent) => boolean): void {
    for (let [posted] = this.#posted; posted !== undefined && isMissing(posted); ) {
      expect(this.tape.firstSeen(posted)).not.toBeNull();
      this.#posted.shift();
      [posted] = this.#posted;
    }
  }

  /** Call it after each step. */
  throwFailures(): void {
    for (const viewer of this.everyViewer) {
      if (viewer.failure !== null) throw viewer.failure;
      viewer.isKnownToFail = viewer.hasFailed;
    }
  }

  /** Viewers as lazy as the protocol allows: they acknowledge when they must, and the network takes a step for it. */
  async #acknowledgeWhatIsDue(): Promise<void> {
    await settle();
    for (const { viewer, cursor } of this.#acksUnderWay.splice(0)) {
      const known = this.#room.viewers.viewerOf(viewer);
      if (viewer.state === "open" && known !== undefined) {
        this.#room.viewers.acknowledged(known, cursor);
      }
    }
    await settle();
    for (const viewer of this.openViewers) {
      const isDue = viewer.unackedBytes >= viewer.ackEveryBytes && viewer.ackEveryBytes > 0;
      if (!isDue || this.#lazy.has(viewer) || viewer.cursor === null) continue;
      this.#acksUnderWay.push({ viewer, cursor: viewer.cursor });
      viewer.acked(viewer.cursor);
    }
  }

  #viewer(index: number): ModelViewer | undefined {
    return this.everyViewer[index % Math.max(1, this.everyViewer.length)];
  }

  #batch(plan: BatchPlan): AppendBatch {
    const events: TapeEvent[] = [];
    for (let at = 0; at < plan.size; at += 1) events.push(this.#event(plan, at));
    const symbol = "BTC-USD" as SymbolName;
    const [encoded] = encodeEvents(events.map((event) => ({ symbol, event })));
    return {
      ...(encoded ?? expect.fail("a batch has no events")),
      ...(plan.keyed && {
        idempotency: { key: `key ${this.#madeEvents}`, fingerprint: "a body" },
      }),
      correlationId: "model",
    };
  }

  #book(made: number, ts: EpochUs): BookEvent {
    const type = made % 28 === 0 ? "snapshot" : "diff";
    const level = (price: number): [number, number] => [price, (made + price) % 3];
    const bids = [level(made % 10), level((made * 7) % 10)].filter(([, size]) => size > 0);
    return type === "snapshot"
      ? { kind: "book", ts, type, bids, asks: [[20 + (made % 10), 1]], seq: made }
      : {
          kind: "book",
          ts,
          type,
          bids: [level(made % 10)],
          asks: [level(20 + (made % 7))],
          seq: made,
        };
  }

  #event(plan: BatchPlan, at: number): TapeEvent {
    this.#madeEvents += 1;
    const made = this.#madeEvents;
    const ts = ((this.#time.nowMs() - (at % 3 === 0 ? plan.lateByMs : 0)) * 1_000 +
      (made % 1_000)) as EpochUs;
    if (at % plan.tradeEvery !== 0) {
      if (made % 4 === 0) return this.#book(made, ts);
      if (made % 5 === 0) return { kind: "position", ts, quantity: made, account: `a${made % 2}` };
      return { kind: "metric", ts, metric: `m${made % 3}`, value: made };
    }
    if (plan.repeatEvery > 0 && at % plan.repeatEvery === plan.repeatEvery - 1) {
      const repeated = this.#trades[made % Math.max(1, this.#trades.length)];
      if (repeated !== undefined) return repeated;
    }
    const trade: TradeEvent = { kind: "trade", ts, price: 100 + (made % 37), size: made };
    if (made % 2 === 0) {
      trade.id = `t${made}`;
      this.#trades.push(trade);
    }
    return trade;
  }
}

/** As it was posted. */
function unmarked(event: TapeEvent): TapeEvent {
  if (event.kind !== "book") return event;
  const { sampled: _, ...posted } = event;
  return posted;
}

function plain({ cursor, ordinal, event }: Pick<TapeEntry, "cursor" | "ordinal" | "event">) {
  return { cursor, ordinal, event };
}
