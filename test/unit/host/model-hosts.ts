import { expect } from "vitest";
import type { RoomId } from "../../../durable/host/log/rows/log-row.ts";
import { Placements } from "../../../durable/keeper/placements.ts";
import type { ViewerAttachment } from "../../../durable/room/viewers/viewer.ts";
import type { HostBatch, HostOutcome, JoinRequest } from "../../../src/bindings/host.ts";
import { decodeFrame } from "../../../src/core/events/encode-events.ts";
import { type HostName, hostOf, type Placement } from "../../../src/core/placement/placement.ts";
import { partsOfRelay, type RelayName } from "../../../src/core/placement/relaying.ts";
import type { TapeEvent } from "../../../src/protocol/events/event.ts";
import type { LogId } from "../../../src/protocol/words/log-id.ts";
import type { SymbolName } from "../../../src/protocol/words/symbol.ts";
import { CURSOR_ORIGIN, type Cursor } from "../../../src/protocol/words/time.ts";
import { RelayWorld, Wire } from "../relay/relay-world.ts";
import { FakeTime, settle } from "../room/fake-time.ts";
import { memorySql } from "../room/sqlite-port.ts";
import { FakePostgres, type StoredRow } from "./fake-postgres.ts";
import { HostWorld, logIdOf } from "./host-world.ts";
import { earlierLife } from "./log/earlier-life-rows.ts";
import type { DiskObserver } from "./log/observed-sql.ts";
import { type BatchPlan, ModelProducer } from "./model-producer.ts";
import { type LogName, ModelRoom, type PostedBatch } from "./model-room.ts";
import { bookOf, type TapeEntry } from "./model-tape.ts";
import { ModelViewer } from "./model-viewer.ts";

const ARCHIVE_PAGE_EVENTS = 90;
/** A host that has nothing else to do sleeps after so long, in ms. */
const QUIET_MS = 1_000;
/** Whoever asked Postgres in vain asks again after so long, in ms. */
const AWAY_FELT_MS = 1_000;

/** Pushed often; pushed rarely, and waited for; and one with a past, whose clock was ahead. */
export const SYMBOLS = ["BTC-USD", "ETH-USD", "SOL-USD"] as unknown as readonly [
  SymbolName,
  SymbolName,
  SymbolName,
];
const [, , MOVED] = SYMBOLS;

/** A request as its producer has it. */
interface Request {
  host: HostName;
  batch: HostBatch;
  posted: PostedBatch;
  events: Map<SymbolName, TapeEvent[]>;
  /** What it was answered, and how much of each symbol there was up to there then; null while it has no answer. */
  first: Answered | null;
  placement: Placement;
}

export interface PollPlan {
  /** From the beginning, or from where the last one was. */
  fromOrigin: boolean;
  limit: number;
  waitMs: number;
}

/** Where a viewer is. */
interface Seat {
  host: HostName;
  relay: RelayName | null;
  symbol: SymbolName;
}

interface Answered {
  cursors: readonly Cursor[];
  counts: number[];
}

type KeyedRequest = Request & { batch: { idempotency: { key: string } } };

/** Hosts over fakes, driven step by step, and everything that must be true of them at each step. */
export class ModelHosts {
  readonly everyViewer: ModelViewer[] = [];
  readonly #rooms = new Map<SymbolName, ModelRoom>();
  readonly #hosts = new Map<HostName, HostWorld>();
  readonly #time = new FakeTime();
  readonly #postgres = new FakePostgres(ARCHIVE_PAGE_EVENTS);
  readonly #producer = new ModelProducer(this.#time.nowMs);
  readonly #lazy = new Set<ModelViewer>();
  readonly #seats = new Map<ModelViewer, Seat>();
  readonly #relays = new Map<RelayName, RelayWorld>();
  readonly #relayOf: (nth: number, host: HostName) => RelayName | null;
  /** What becomes of feeds on their way. */
  readonly wire = new Wire(this.#time);
  readonly #keyed: KeyedRequest[] = [];
  readonly #acksUnderWay: { viewer: ModelViewer; cursor: Cursor }[] = [];
  #placement: Placement;
  /** What the Keeper remembers. */
  readonly #placements = new Placements(memorySql());
  /** The room that a symbol has on a host. */
  readonly #logs = new Map<string, LogName>();
  #longestRow = 0;
  #awayUntilMs = Number.NEGATIVE_INFINITY;
  /** Symbols are on their way from host to host, which takes until hosts and Postgres are done with them. */
  #isMoving = false;
  /** The first thing that was wrong on a disk. */
  #failure: { error: unknown } | null = null;

  /** `relayOf`: by way of which relay the nth viewer comes; null: it comes to the host. */
  constructor(
    placement: Placement,
    relayOf: (nth: number, host: HostName) => RelayName | null = () => null,
  ) {
    this.#placement = placement;
    this.#relayOf = relayOf;
    const rows = earlierLife(this.#time.nowMs());
    this.#postgres.keep({ symbol: MOVED, frames: rows.frames });
    for (const symbol of SYMBOLS) {
      const earlier: StoredRow[] = this.#postgres.rowsOf(symbol);
      this.#rooms.set(symbol, new ModelRoom(symbol, earlier, () => this.nowUs));
      this.#producer.learn(
        symbol,
        earlier.map(({ event }) => event),
      );
    }
  }

  get rooms(): Iterable<ModelRoom> {
    return this.#rooms.values();
  }
  get openViewers(): ModelViewer[] {
    return this.everyViewer.filter(({ state }) => state === "open");
  }
  get nowUs(): Cursor {
    return (this.#time.nowMs() * 1_000) as Cursor;
  }
  /** Most events that a row of a log had. */
  get longestRow(): number {
    return this.#longestRow;
  }
  /** Events in the log of each host. */
  get logEvents(): number[] {
    return Array.from(this.#hosts.values(), (host) => host.logEvents);
  }

  stored(symbol: SymbolName): unknown[] {
    return this.#postgres.rowsOf(symbol).map(plain);
  }

  kept(symbol: SymbolName): unknown[] {
    const placeOf = ({ cursor, ordinal }: Pick<TapeEntry, "cursor" | "ordinal">) =>
      `${cursor}/${ordinal}`;
    const stored = new Set(this.#postgres.rowsOf(symbol).map(placeOf));
    return this.room(symbol)
      .tape.kept((entry) => stored.has(placeOf(entry)))
      .map(plain);
  }

  /** The book as the newest sample in Postgres has it, and as it is; null where another database lacks that sample. */
  booksOf(symbol: SymbolName): { sampled: unknown; current: unknown } | null {
    const { tape } = this.room(symbol);
    if (tape.entries.findLast(({ event }) => event.kind === "book")?.isLost) return null;
    // A posted snapshot may have its levels in any order: it is read as everybody reads it.
    return {
      sampled: bookOf(this.#postgres.rowsOf(symbol).map(({ event }) => event)),
      current: bookOf(tape.events(tape.entries.length)),
    };
  }

  room(symbol: SymbolName): ModelRoom {
    return this.#rooms.get(symbol) ?? expect.fail(`there is no ${symbol}`);
  }

  /** Requests that arrive in one turn of the event loop; what is acknowledged of them comes a turn or two later. */
  async append(plans: readonly BatchPlan[]): Promise<void> {
    const requests = plans.flatMap((plan) => this.#request(plan));
    const outcomes = await this.#answered(requests);
    for (const [at, outcome] of outcomes.entries()) {
      expect(outcome.kind).toBe("appended");
      this.#acknowledged(requests[at] as Request, outcome);
    }
    for (const room of this.rooms) room.account();
    await this.#acknowledgeWhatIsDue();
  }

  /** The host dies so many turns after the requests came, with or without an answer. */
  async appendAndCrash(plans: readonly BatchPlan[], turns: number): Promise<void> {
    const requests = plans.flatMap((plan) => this.#request(plan));
    for (const request of requests) {
      const { core } = this.#host(request.host);
      void core.append(request.batch).then((outcome) => this.#acknowledged(request, outcome));
      if (isKeyed(request)) this.#keyed.push(request);
    }
    for (let turn = 0; turn < turns; turn += 1) await this.#time.turn();
    await this.crash();
    for (const room of this.rooms) room.account();
  }

  /**
   * A producer sends one of its last requests again, with or without having had an answer; and another one with its key (INV-6).
   */
  async retry(back = 0): Promise<void> {
    const request = this.#keyed.at(-1 - back);
    if (request === undefined) return;
    if (request.placement !== this.#placement) {
      await this.#sendAgain(request, this.#partsOf(request));
      return this.#acknowledgeWhatIsDue();
    }
    const [again] = await this.#sendAgain(request, [request]);
    const counts = again?.counts ?? expect.fail("a retry has no answer");
    // What has moved since may be said to be further on than it is.
    for (const [at, count] of this.#isMoving ? [] : counts.entries()) {
      const { symbol } = request.batch.rooms[at] as { symbol: SymbolName };
      const had = request.first?.counts[at] ?? count;
      if (symbol === MOVED) expect(count).toBeGreaterThanOrEqual(had);
      else expect(count).toBe(had);
    }
    request.first ??= again ?? null;
    await this.#acknowledgeWhatIsDue();
  }

  /** The hosts die so many turns after a request was sent again: some may have taken their parts, and some not. */
  async retryAndCrash(back: number, turns: number): Promise<void> {
    const request = this.#keyed.at(-1 - back);
    if (request === undefined) return;
    const isNew = request.first === null && request.posted.appended === 0;
    const before = [...this.rooms].map(({ appended }) => appended);
    const parts = this.#partsOf(request);
    if (isNew) {
      // From here on each part is there or not for itself.
      for (const part of parts) {
        part.posted = { appended: 0 };
        for (const [symbol, events] of part.events) this.room(symbol).post(part.posted, events);
      }
      this.#keyed.splice(this.#keyed.indexOf(request), 1, ...parts);
    }
    for (const part of parts) void this.#host(part.host).core.append(part.batch);
    for (let turn = 0; turn < turns; turn += 1) await this.#time.turn();
    await this.crash();
    for (const room of this.rooms) room.account();
    if (!isNew) expect([...this.rooms].map(({ appended }) => appended)).toEqual(before);
  }

  /** A request was one to a host by the settings of then, and by those of now it may be several. */
  #partsOf(request: KeyedRequest): KeyedRequest[] {
    const placement = this.#placement;
    const byHost = Map.groupBy(request.batch.rooms, ({ symbol }) => hostOf(symbol, placement));
    return Array.from(byHost, ([host, rooms]) => {
      const events = new Map(
        rooms.map(({ symbol }) => [symbol, request.events.get(symbol) ?? []] as const),
      );
      const batch = { ...request.batch, rooms };
      return { ...request, ...{ host, batch, events, placement } };
    });
  }

  /** Its `parts` are sent again, and each once more with another body (INV-6). Their answers, by place. */
  async #sendAgain(request: KeyedRequest, parts: readonly KeyedRequest[]): Promise<Answered[]> {
    const isNew = request.first === null && request.posted.appended === 0;
    const before = [...this.rooms].map(({ appended }) => appended);
    if (isNew) {
      for (const [symbol, events] of request.events) {
        this.room(symbol).post(request.posted, events);
      }
    }
    const { key } = request.batch.idempotency;
    const others = parts.map((part) => {
      const idempotency = { key, fingerprint: "another body" };
      return { ...part, batch: { ...part.batch, idempotency } };
    });
    const answers: Answered[] = [];
    const outcomes = await this.#answered([...parts, ...others], (at, outcome) => {
      const part = parts[at];
      if (part === undefined) return;
      // What has no place yet may get it behind this answer.
      if ("cursors" in outcome) answers[at] = this.#answerOf(request, part, outcome.cursors);
    });
    for (const room of this.rooms) room.account();
    for (const [at, { kind }] of outcomes.entries()) {
      if (at >= parts.length) expect(kind).toBe("key_reused");
      // One that brought nothing but trades seen before may be in the log by its key alone.
      else if (request.posted.appended > 0) expect(kind).toBe(isNew ? "appended" : "repeated");
      else expect(["appended", "repeated"]).toContain(kind);
    }
    if (!isNew) expect([...this.rooms].map(({ appended }) => appended)).toEqual(before);
    return answers;
  }

  /** The answer to a request, or to a part of it, that is sent again: it names what the first one did, as long as that is there. */
  #answerOf(request: KeyedRequest, part: KeyedRequest, cursors: readonly Cursor[]): Answered {
    const { prunedThrough } = this.#host(request.host);
    for (const [at, { symbol }] of part.batch.rooms.entries()) {
      const cursor = cursors[at] ?? expect.fail("a part has no cursor");
      const last = request.events.get(symbol)?.findLast(isAlone);
      const place = last === undefined ? null : this.room(symbol).placeOf(last);
      if (place === null) continue;
      expect(cursor).toBeGreaterThanOrEqual(place);
      const nth = request.batch.rooms.findIndex((room) => room.symbol === symbol);
      const first = request.first?.cursors[nth];
      const isThere = first !== undefined && place <= first && place > prunedThrough;
      if (isThere) expect(cursor).toBe(first);
    }
    return { cursors, counts: this.#countsOf(part, cursors) };
  }

  async connect(
    symbol: SymbolName,
    { cursor: since, log }: { cursor: Cursor | null; log: LogId | null },
    acksWhenDue: boolean,
  ): Promise<void> {
    const host = hostOf(symbol, this.#placement);
    const relay = this.#relayOf(this.everyViewer.length, host);
    const { core } = this.#objectOf({ host, relay });
    const room = this.room(symbol);
    const { told, tape } = room;
    const request: JoinRequest = {
      ...{ symbol, since, log, viewerKey: null, expiresAtMs: null },
      ...{ namesProtocol: false, correlationId: "model" },
    };
    const join = core.join(request, () => {
      // A host that has no frame of the room since it came back has told of a head that nobody hands over.
      const mayReset = !room.hadFramesIn(log) || (since ?? 0) > tape.head;
      const deps = { tape, nowMs: this.#time.nowMs, told, mayReset, mayLag: relay !== null };
      const viewer = new ModelViewer(deps, since);
      this.everyViewer.push(viewer);
      this.#seats.set(viewer, { host, relay, symbol });
      if (!acksWhenDue) this.#lazy.add(viewer);
      return viewer;
    });
    const mayNotKnow = this.#mayNotKnow;
    const refusal = await this.#until(join);
    const isSure = !mayNotKnow && relay === null;
    if (refusal !== null) expect([refusal.reason, isSure]).toEqual(["not_known_yet", false]);
    await this.#acknowledgeWhatIsDue();
  }

  async reconnect(index: number): Promise<void> {
    const viewer = this.#viewer(index);
    if (viewer === undefined) return;
    if (viewer.state !== "closed") await this.leave(index);
    await this.connect(this.#seatOf(viewer).symbol, viewer, !this.#lazy.has(viewer));
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

  async leave(index: number): Promise<void> {
    const viewer = this.#viewer(index);
    if (viewer === undefined || viewer.state === "closed") return;
    viewer.state = "closed";
    const seat = this.#seatOf(viewer);
    this.#objectOf(seat).core.left(seat.symbol, viewer);
    await settle();
  }

  async breakSocket(index: number): Promise<void> {
    const viewer = this.#viewer(index);
    if (viewer?.state === "open") viewer.state = "broken";
  }

  /** The platform takes hosts out of memory; it does so only while nothing is under way in them. */
  async sleep(): Promise<void> {
    await this.pass(QUIET_MS);
    for (const object of this.#objects) {
      if (!object.maySleep) continue;
      object.end();
      for (const viewer of this.#viewersOf(object.name)) {
        viewer.hasFailed = false;
        viewer.isKnownToFail = false;
      }
    }
    await this.#acknowledgeWhatIsDue();
  }

  /** The process of the hosts dies, and its sockets with it. */
  async crash(): Promise<void> {
    await settle();
    for (const host of this.#hosts.values()) this.#end(host);
  }

  /** The processes of the relays die. */
  async crashRelays(): Promise<void> {
    await settle();
    for (const relay of this.#relays.values()) this.#end(relay);
  }

  /** Everything dies in one moment. */
  async crashAll(): Promise<void> {
    await settle();
    for (const object of this.#objects) this.#end(object);
  }

  #end(object: HostWorld | RelayWorld): void {
    for (const viewer of this.#viewersOf(object.name)) viewer.state = "closed";
    object.end();
  }

  /** There are other settings: every host begins anew with them, when it is asked for. */
  async place(placement: Placement): Promise<void> {
    await this.crash();
    this.#isMoving = true;
    for (const room of this.rooms) room.placedAnew();
    this.#placement = placement;
  }

  /** Lets time pass; alarms go off when they are due. */
  async pass(ms: number): Promise<void> {
    let leftMs = ms;
    for (;;) {
      const next = this.#nextAlarm();
      const untilMs = Math.max(
        0,
        (next?.alarmAtMs ?? Number.POSITIVE_INFINITY) - this.#time.nowMs(),
      );
      if (next === null || untilMs > leftMs) break;
      await this.#time.pass(untilMs);
      leftMs -= untilMs;
      next.fireAlarm();
    }
    await this.#time.pass(leftMs);
    await this.#acknowledgeWhatIsDue();
  }

  /** One turn of the event loop: the next slice of a fan-out, or whatever else is due. */
  async turn(): Promise<void> {
    await this.#time.turn();
    await this.#acknowledgeWhatIsDue();
  }

  async turnBack(ms: number): Promise<void> {
    this.#time.turnBack(ms);
  }

  async setPostgres(mode: FakePostgres["mode"]): Promise<void> {
    if (this.#postgres.mode === "away") this.#awayUntilMs = this.#time.nowMs();
    this.#postgres.mode = mode;
  }

  /** Postgres takes nothing of one symbol from here on; null: it takes all. */
  async refuse(symbol: SymbolName | null): Promise<void> {
    this.#postgres.refused = symbol;
  }

  /** Another, empty database is in the place of the one there was. */
  async replacePostgres(): Promise<void> {
    this.#postgres.replace();
    for (const room of this.rooms) room.replaced();
  }

  /** A host hears which database there is, as from the keeper. */
  async meetDatabase(): Promise<void> {
    if (this.#postgres.mode === "away") return;
    for (const { core } of this.#hosts.values()) core.meetDatabase(this.#postgres.identity);
    await settle();
  }

  /** One page of the polling fallback. */
  async poll(symbol: SymbolName, poll: PollPlan): Promise<void> {
    const room = this.room(symbol);
    const origin = { cursor: CURSOR_ORIGIN, log: null };
    const { cursor: from, log } = (poll.fromOrigin ? origin : room.polled) ?? {
      ...{ cursor: null, log: null },
    };
    const mayNotKnow = this.#mayNotKnow;
    const { core } = this.#hostOf(symbol);
    const answer = core
      .poll(symbol, from, poll.limit, poll.waitMs, log)
      // More may come before somebody looks at it.
      .then((page) => ({ page, head: room.tape.head }));
    const answered = await this.#until(answer);
    room.takePage({ cursor: from, log }, answered, mayNotKnow);
  }

  /** What Postgres and the newest part of a room have together is everything. */
  async readTail(symbol: SymbolName): Promise<void> {
    const room = this.room(symbol);
    const { core, name } = this.#hostOf(symbol);
    const { tape } = room;
    const answer = core.readTail(symbol, 1_000_000).then((tail) => ({
      tail,
      // More may come before somebody looks at it.
      entries: [...tape.entries],
      isPlaced: room.isPlacedOn(this.#logOf(name, symbol)),
    }));
    const { tail, entries, isPlaced } = await this.#until(answer);
    if (!isPlaced) return;
    const { frames, storedThrough, cursor } = tail;
    expect(cursor).toBeGreaterThanOrEqual(entries.at(-1)?.cursor ?? 0);
    const missing = entries.filter((entry) => entry.cursor > storedThrough);
    const events = frames.flatMap(({ text }) => decodeFrame(text));
    expect(events).toEqual(missing.map(({ event }) => event));
  }

  /** Everything that can get better does; whoever acknowledges at all goes on to do so when it is due, and no sooner. */
  async comeToRest(): Promise<void> {
    this.wire.mode = "well";
    await this.setPostgres("up");
    this.#postgres.refused = null;
    this.#lazy.clear();
    await this.meetDatabase();
    for (const [index, viewer] of this.everyViewer.entries()) {
      if (viewer.state === "broken") await this.leave(index);
    }
    // Whatever the clock was turned back by: nothing waits for it (C-1).
    for (let round = 0; round < 60; round += 1) await this.pass(16_000);
    this.throwFailures();
    for (const symbol of SYMBOLS)
      await this.poll(symbol, { fromOrigin: false, limit: 100_000, waitMs: 0 });
  }

  /** A room may not know what was before it: Postgres is away, or a host that had it is not done with it. */
  get #mayNotKnow(): boolean {
    const sinceMs = this.#time.nowMs() - this.#awayUntilMs;
    return this.#postgres.mode === "away" || this.#isMoving || sinceMs < AWAY_FELT_MS;
  }

  /** Call it after each step. */
  throwFailures(): void {
    if (this.#failure !== null) throw this.#failure.error;
    for (const viewer of this.everyViewer) {
      if (viewer.failure !== null) throw viewer.failure;
      viewer.isKnownToFail = viewer.hasFailed;
    }
  }

  /** `heard`: called as soon as each is answered. */
  #answered(
    requests: readonly Request[],
    heard: (at: number, outcome: HostOutcome) => void = () => undefined,
  ): Promise<HostOutcome[]> {
    const outcomes = requests.map(async ({ host, batch }, at) => {
      const outcome = await this.#host(host).core.append(batch);
      heard(at, outcome);
      return outcome;
    });
    return this.#time.untilTurned(Promise.all(outcomes));
  }

  /** One for each host that has some of its symbols. */
  #request(plan: BatchPlan): Request[] {
    const { events, rooms } = this.#producer.make(plan);
    const idempotency = { key: `key ${this.#producer.made}`, fingerprint: "a body" };
    const placement = this.#placement;
    const byHost = Map.groupBy(rooms, ({ symbol }) => hostOf(symbol, placement));
    return Array.from(byHost, ([host, own]) => {
      const posted: PostedBatch = { appended: 0 };
      const ownEvents = new Map(own.map(({ symbol }) => [symbol, events.get(symbol) ?? []]));
      for (const [symbol, each] of ownEvents) this.room(symbol).post(posted, each);
      const batch: HostBatch = {
        ...{ rooms: own, holder: "model", correlationId: "model" },
        ...(plan.keyed && { idempotency }),
      };
      return { ...{ host, batch, posted, placement }, events: ownEvents, first: null };
    });
  }

  #acknowledged(request: Request, outcome: HostOutcome): void {
    if (outcome.kind !== "appended" || !isKeyed(request)) return;
    const { cursors } = outcome;
    request.first = { cursors, counts: this.#countsOf(request, cursors) };
    if (!this.#keyed.includes(request)) this.#keyed.push(request);
  }

  #countsOf({ host, batch }: Request, cursors: readonly Cursor[]): number[] {
    expect(cursors.length).toBe(batch.rooms.length);
    return batch.rooms.map(({ symbol }, at) =>
      this.room(symbol).countThrough(this.#logOf(host, symbol), cursors[at] ?? (0 as Cursor)),
    );
  }

  #logOf(host: HostName, symbol: SymbolName): LogName {
    return this.#logs.get(`${symbol} on ${host}`) ?? "none";
  }

  #hostOf(symbol: SymbolName): HostWorld {
    return this.#host(hostOf(symbol, this.#placement));
  }

  #host(name: HostName): HostWorld {
    const known = this.#hosts.get(name);
    if (known !== undefined) return known;
    const host = new HostWorld({
      ...{ name, time: this.#time, postgres: this.#postgres, observer: this.#observerOf(name) },
      sockets: () => this.#viewersOf(name),
      relays: {
        feed: (relay, feed) => this.wire.carry(feed, (arrived) => this.#relay(relay).feed(arrived)),
      },
      asleep: () => this.#asleepIn(name),
      placement: () => this.#placement,
      keeper: {
        announce: async (one, placement) => this.#placements.announce(one, placement),
        ownHostsAfter: async (one, most) => this.#placements.ownHostsAfter(one, most),
      },
      others: {
        namesAfter: (one, ...page) =>
          this.#host(one).asked(async (core) => core.namesAfter(...page)),
        handOver: (one, ...symbol) => this.#host(one).asked((core) => core.handOver(...symbol)),
        hadParts: (one, ...parts) => this.#host(one).asked(async (core) => core.hadParts(...parts)),
      },
    });
    this.#hosts.set(name, host);
    return host;
  }

  #observerOf(name: HostName): DiskObserver {
    const symbols = new Map<RoomId, SymbolName>();
    const logOf = (id: RoomId): LogName => `room ${id} of ${name}`;
    const roomOf = (id: RoomId) =>
      this.room(symbols.get(id) ?? expect.fail(`there is no room ${id}`));
    let head = CURSOR_ORIGIN;
    let prunedThrough = CURSOR_ORIGIN;
    return this.#held({
      onRow: ({ first, last, parts }) => {
        // Cursors of all rooms of a host grow in the order of commits.
        expect(first).toBeGreaterThan(head);
        expect(last).toBeGreaterThanOrEqual(first);
        head = last;
        let events = 0;
        for (const { room, frames } of parts) {
          const own = roomOf(room);

          own.record({ log: logOf(room), logId: logIdOf(name), isMoving: this.#isMoving }, frames);
          events += frames.reduce((sum, { count }) => sum + count, 0);
        }
        this.#longestRow = Math.max(this.#longestRow, events);
      },
      onTakenOut: (room, frames) => roomOf(room).takenOut(logOf(room), frames),
      onRoom: ({ id, symbol, isFormer, ...standing }) => {
        symbols.set(id, symbol);
        this.room(symbol).saved(logOf(id), standing);
        if (!isFormer) this.#logs.set(`${symbol} on ${name}`, logOf(id));
      },
      onPruned: (through) => {
        prunedThrough = through;
        for (const room of this.rooms) room.pruned(through);
      },
      onStoredAnew: () => {
        for (const room of this.rooms) room.lost(prunedThrough);
      },
    });
  }

  /** Thrown where it was seen, a failure would look to the host like a disk that failed. */
  #held(observer: DiskObserver): DiskObserver {
    const hold =
      <Args extends unknown[]>(look: (...args: Args) => void) =>
      (...args: Args) => {
        try {
          look(...args);
        } catch (error) {
          this.#failure ??= { error };
        }
      };
    return {
      onRow: hold(observer.onRow),
      onTakenOut: hold(observer.onTakenOut),
      onRoom: hold(observer.onRoom),
      onPruned: hold(observer.onPruned),
      onStoredAnew: hold(observer.onStoredAnew),
    };
  }

  #heard(viewer: ModelViewer, cursor: number): void {
    const seat = this.#seatOf(viewer);
    this.#objectOf(seat).core.heard(seat.symbol, viewer, JSON.stringify({ type: "ack", cursor }));
  }

  #asleepIn(object: HostName | RelayName): [SymbolName, ModelViewer, ViewerAttachment][] {
    return this.#viewersOf(object).map((viewer) => {
      const attachment = viewer.attachment ?? expect.fail("a viewer has no attachment");
      return [this.#seatOf(viewer).symbol, viewer, structuredClone(attachment)];
    });
  }

  get #objects(): (HostWorld | RelayWorld)[] {
    return [...this.#hosts.values(), ...this.#relays.values()];
  }

  #nextAlarm(): HostWorld | RelayWorld | null {
    let next: HostWorld | RelayWorld | null = null;
    for (const object of this.#objects) {
      if (object.alarmAtMs === null) continue;
      if (next?.alarmAtMs == null || object.alarmAtMs < next.alarmAtMs) next = object;
    }
    return next;
  }

  #objectOf({ host, relay }: Omit<Seat, "symbol">): HostWorld | RelayWorld {
    return relay === null ? this.#host(host) : this.#relay(relay);
  }

  #relay(name: RelayName): RelayWorld {
    const known = this.#relays.get(name);
    if (known !== undefined) return known;
    const { host } = partsOfRelay(name);
    const relay = new RelayWorld({
      ...{ name, time: this.#time },
      sockets: () => this.#viewersOf(name),
      asleep: () => this.#asleepIn(name),
      ask: (ask) => this.#host(host).asked((core) => ask(core.feeding)),
    });
    this.#relays.set(name, relay);
    return relay;
  }

  #until<T>(work: Promise<T>): Promise<T> {
    return this.#time.until(work, () => this.pass(500));
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

  #viewersOf(object: HostName | RelayName): ModelViewer[] {
    return this.everyViewer.filter((viewer) => {
      const { host, relay } = this.#seatOf(viewer);
      return viewer.state !== "closed" && (relay ?? host) === object;
    });
  }

  #seatOf(viewer: ModelViewer): Seat {
    return this.#seats.get(viewer) ?? expect.fail("a viewer sits nowhere");
  }
}

/** Is the event like no other, so that where it is tells where its request is? */
function isAlone(event: TapeEvent): boolean {
  return event.kind === "metric" || event.kind === "position";
}

function isKeyed(request: Request): request is KeyedRequest {
  return request.batch.idempotency !== undefined;
}

function plain({ cursor, ordinal, event }: Pick<TapeEntry, "cursor" | "ordinal" | "event">) {
  return { cursor, ordinal, event };
}
