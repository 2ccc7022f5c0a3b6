import { expect } from "vitest";
import type { LogFrame } from "../../../durable/room/log/log-row.ts";
import type { ViewerAttachment } from "../../../durable/room/viewers/viewer.ts";
import type { AppendBatch, AppendOutcome } from "../../../src/bindings/room.ts";
import { SAMPLE_INTERVAL_US } from "../../../src/core/book-samples.ts";
import { decodeFrame, encodeEvents } from "../../../src/core/encode-events.ts";
import type { BookEvent } from "../../../src/protocol/book.ts";
import type { TapeEvent, TradeEvent } from "../../../src/protocol/event.ts";
import type { Cursor, EpochUs } from "../../../src/protocol/time.ts";
import { FakePostgres, SYMBOL } from "./fake-postgres.ts";
import { FakeTime, settle } from "./fake-time.ts";
import { isKept, ModelTape, type TapeEntry } from "./model-tape.ts";
import { ModelViewer } from "./model-viewer.ts";
import { RoomWorld } from "./room-world.ts";

const ARCHIVE_PAGE_EVENTS = 90;
/** A room that has told the directory how it stands, and has nothing else to do, sleeps. */
const REPORTED_MS = 1_000;

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
  readonly #world: RoomWorld;
  readonly #lazy = new Set<ModelViewer>();
  #madeEvents = 0;
  #wasTurnedBack = false;
  #trades: TradeEvent[] = [];
  /** What the appends under way have yet to account for. */
  #posted: TapeEvent[] = [];
  #keyed: { batch: AppendBatch; cursor: Cursor }[] = [];
  readonly #acksUnderWay: { viewer: ModelViewer; cursor: Cursor }[] = [];
  #polled: Cursor;

  private constructor(earlierPlace: "nowhere" | "postgres") {
    this.#world = new RoomWorld({
      time: this.#time,
      postgres: this.#postgres,
      earlierPlace,
      onAppended: (frames) => this.#record(frames),
      onPruned: (through) => {
        this.tape.prunedThrough = through;
      },
    });
    this.#polled = this.head;
  }

  /** A room that has found out what was before its log: nothing, by what the directory or Postgres says. */
  static async open(earlierPlace: "nowhere" | "postgres"): Promise<ModelRoom> {
    const model = new ModelRoom(earlierPlace);
    await model.#time.untilTurned(model.#world.core.poll(null, 1, 0));
    return model;
  }

  get head(): Cursor {
    return this.#world.core.head;
  }
  get logEvents(): number {
    return this.#world.logEvents;
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
    const outcomes = await this.#appendAll(batches);
    this.#passOver(() => true);
    expect(this.#posted).toEqual([]);
    for (const [index, outcome] of outcomes.entries()) {
      expect(outcome.kind).toBe("appended");
      const batch = batches[index];
      if (outcome.kind === "appended" && batch?.idempotency !== undefined) {
        expect(outcome.cursor).toBeLessThanOrEqual(this.head);
        this.#keyed.push({ batch, cursor: outcome.cursor });
      }
    }
    await this.#acknowledgeWhatIsDue();
  }

  /** They arrive in one turn of the event loop; what is acknowledged of them comes a turn or two later. */
  #appendAll(batches: readonly AppendBatch[]): Promise<AppendOutcome[]> {
    const { core } = this.#world;
    return this.#time.untilTurned(Promise.all(batches.map((batch) => core.append(batch))));
  }

  /** A producer that had no answer sends its batch again (INV-6). */
  async retry(): Promise<void> {
    const last = this.#keyed.at(-1);
    if (last === undefined) return;
    const before = this.head;
    const fingerprint = "another body";
    expect(
      await this.#appendAll([
        last.batch,
        { ...last.batch, idempotency: { key: last.batch.idempotency?.key ?? "", fingerprint } },
      ]),
    ).toEqual([{ kind: "repeated", cursor: last.cursor }, { kind: "key_reused" }]);
    expect(this.head).toBe(before);
  }

  async connect(since: Cursor | null, acksWhenDue: boolean): Promise<void> {
    const viewer = new ModelViewer(this.tape, this.#time.nowMs, since, this.head);
    this.everyViewer.push(viewer);
    if (!acksWhenDue) this.#lazy.add(viewer);
    const request = {
      ...{ symbol: SYMBOL, since, viewerKey: null, expiresAtMs: null },
      ...{ namesProtocol: false, correlationId: "model" },
    };
    expect(await this.#time.untilTurned(this.#world.core.join(request, () => viewer))).toBeNull();
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
    const back = far > 0.5 ? 0 : Math.ceil(1_000_000 * (1 - far));
    const cursor = Math.max(0, viewer.cursor - back);
    viewer.acked(cursor);
    this.#heard(viewer, cursor);
    await this.#acknowledgeWhatIsDue();
  }

  #heard(viewer: ModelViewer, cursor: number): void {
    this.#world.core.heard(viewer, JSON.stringify({ type: "ack", cursor }));
  }

  async leave(index: number): Promise<void> {
    const viewer = this.#viewer(index);
    if (viewer === undefined || viewer.state === "closed") return;
    viewer.state = "closed";
    this.#world.core.left(viewer);
    await settle();
  }

  async breakSocket(index: number): Promise<void> {
    const viewer = this.#viewer(index);
    if (viewer?.state === "open") viewer.state = "broken";
  }

  /** The platform takes the room out of memory; it does so only while nothing is under way in it. */
  async sleep(): Promise<void> {
    await this.pass(REPORTED_MS);
    if (!this.#world.maySleep) return;
    const asleep = this.everyViewer
      .filter(({ state }) => state !== "closed")
      .map((viewer): readonly [ModelViewer, ViewerAttachment] => {
        viewer.hasFailed = false;
        viewer.isKnownToFail = false;
        const attachment = viewer.attachment ?? expect.fail("a viewer has no attachment");
        return [viewer, structuredClone(attachment)];
      });
    this.#world.beginAnew(asleep);
    await this.#acknowledgeWhatIsDue();
  }

  /** The process dies, and its sockets with it. */
  async crash(): Promise<void> {
    this.#time.forgetTimers();
    for (const viewer of this.everyViewer) viewer.state = "closed";
    this.#world.beginAnew([]);
    await settle();
  }

  async pass(ms: number): Promise<void> {
    await this.#world.pass(ms, () => this.everyViewer.filter(({ state }) => state !== "closed"));
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
    const page = await this.#time.until(this.#world.core.poll(from, limit, 0));
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

  /** What was posted is in the log in its order, but for trades seen before. */
  #record(frames: readonly LogFrame[]): void {
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
          expect(this.#world.lives).toBeGreaterThan(1);
          expect(this.tape.firstSeen(event)).toBeLessThanOrEqual(this.#world.prunedThrough);
        }
      }
    }
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
      // Frames that come together have cursors ahead of the clock, a microsecond for each.
      expect(cursor - last.cursor).toBeGreaterThan(SAMPLE_INTERVAL_US - 1_000);
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
      if (viewer.state === "open") this.#heard(viewer, cursor);
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
    const [encoded] = encodeEvents(events.map((event) => ({ symbol: SYMBOL, event })));
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
