import { Clock } from "../../../../durable/clock.ts";
import type { RoomId } from "../../../../durable/host/log/host-log.ts";
import type { DrainLimit } from "../../../../durable/host/outbox/drain.ts";
import { Outbox } from "../../../../durable/host/outbox/outbox.ts";
import { storeApart, type WholeOutcome } from "../../../../durable/writer/store-apart.ts";
import type { StoreOutcome, StoreRequest } from "../../../../src/bindings/writer.ts";
import type { HostName } from "../../../../src/core/placement/placement.ts";
import type { SymbolName } from "../../../../src/protocol/words/symbol.ts";
import type { Cursor } from "../../../../src/protocol/words/time.ts";
import { FakeTime } from "../../room/fake-time.ts";
import { memorySql } from "../../room/sqlite-port.ts";
import { type CommitPart, FakeHostLog } from "../log/fake-host-log.ts";

/** The host's alarm looks after what waits so often, in ms. */
const ALARM_MS = 5_000;

/** An outbox over a log, and a Writer with its database, which refuses frames with these texts. */
export class OutboxWorld {
  readonly time = new FakeTime();
  readonly clock = new Clock({
    nowMs: this.time.nowMs,
    setTimer: (fire, ms) => this.time.setTimer(fire, ms, this),
  });
  readonly log = new FakeHostLog();
  readonly sql = memorySql();
  readonly requests: StoreRequest[] = [];
  /** By database and symbol. */
  readonly stored = new Map<string, Cursor[]>();
  readonly poison = new Set<string>();
  readonly blocked = new Set<number>();
  /** Rooms that wait for others, for their place. */
  readonly awaiting = new Set<number>();
  readonly lines: string[] = [];
  /** Nothing is refused any more. */
  isMild = false;
  identity = "one";
  /** Up to here a database that is gone alone had what was. */
  lostThrough = 0 as Cursor;
  isAway = false;
  /** How long the Writer takes for so much text, in ms. */
  takesMs: (bytes: number) => number = () => 0;
  /** Statements the database was sent. */
  statements = 0;
  /** What keeps the host awake now. */
  awake = 0;
  storedAgain = 0;
  outbox: Outbox;

  #life = 1;
  readonly #partLimit: DrainLimit;

  constructor(partLimit: DrainLimit = { events: 8, bytes: 1_000, firstShare: 1 }) {
    this.#partLimit = partLimit;
    this.outbox = this.#open();
  }

  /** The object ends in the midst of what it does, and begins anew with what is on the disk. */
  async crash(): Promise<void> {
    await this.time.pass(0);
    this.time.forgetTimers(this);
    this.log.crash();
    this.#life += 1;
    this.awake = 0;
    this.outbox = this.#open();
  }

  append(...parts: CommitPart[]): Cursor {
    // Each call to a host looks at its clock.
    this.clock.nowMs();
    const cursor = this.log.append(...parts);
    this.outbox.kick();
    return cursor;
  }

  /** Time passes, and the alarm rings as long as something waits. */
  async pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= ALARM_MS) {
      await this.time.pass(Math.min(left, ALARM_MS));
      if (this.outbox.bytes > 0) this.outbox.kick();
    }
    await this.time.pass(0);
  }

  /** What Postgres has of a room, each once, in order. */
  of(room: number): Cursor[] {
    return this.storedIn(this.identity, room);
  }

  storedIn(identity: string, room: number): Cursor[] {
    const cursors = this.stored.get(`${identity} ${symbolOf(room as RoomId)}`);
    return [...new Set(cursors)].sort((a, b) => a - b);
  }

  /** These rooms may not be stored yet, and all others may. */
  block(rooms: readonly number[]): void {
    this.blocked.clear();
    for (const room of rooms) this.blocked.add(room);
    this.outbox.kick();
  }

  /** Another database is in the place of the one before, and the host hears of it. */
  replace(identity: string): void {
    this.identity = identity;
    this.outbox.meet(identity);
    this.lostThrough = this.log.prunedThrough;
  }

  #open(): Outbox {
    const { log, sql, clock } = this;
    const life = this.#life;
    const line = (event: string) => void this.lines.push(event);
    return new Outbox({
      ...{ host: "host-0" as HostName, sql, log, symbolOf, clock },
      writer: {
        store: (request: StoreRequest) => this.#store(request),
        identity: async () => this.identity,
      },
      storable: (room) =>
        this.blocked.has(room) ? "soon" : this.awaiting.has(room) ? "aside" : "now",
      partLimit: this.#partLimit,
      random: () => 0.5,
      keepAwake: (work) => {
        this.awake += 1;
        void work.finally(() => {
          if (life === this.#life) this.awake -= 1;
        });
      },
      logger: { debug: line, info: line, warn: line, error: line, isEnabledFor: () => true },
      ...{ roomsHeld: () => 3, roomsHere: () => 3, isLeftOut: false },
      lostThrough: () => (log.prunedThrough > 0 ? log.prunedThrough : null),
      mustStoreAgain: () => {
        this.storedAgain += 1;
        this.outbox.kick();
      },
      onStored: () => undefined,
    });
  }

  #isRefused(text: string): boolean {
    return this.poison.has(text) || text.startsWith("bad ");
  }

  async #store(request: StoreRequest): Promise<StoreOutcome> {
    this.requests.push(request);
    const texts = request.rooms.flatMap(({ frames }) => frames.map(({ text }) => text.length));
    const ms = this.takesMs(texts.reduce((sum, length) => sum + length, 0));
    if (ms > 0) await new Promise<void>((fire) => this.time.setTimer(fire, ms, this));
    const [outcome] = await storeApart([request], async (rooms): Promise<WholeOutcome> => {
      this.statements += 1;
      if (this.isAway) return { kind: "unavailable" };
      const frames = rooms.flatMap(({ room }) => room.frames);
      if (!this.isMild && frames.some(({ text }) => this.#isRefused(text))) {
        return { kind: "refused" };
      }
      for (const { room } of rooms) {
        const key = `${this.identity} ${room.symbol}`;
        const known = this.stored.get(key) ?? [];
        known.push(...room.frames.map(({ cursor }) => cursor));
        this.stored.set(key, known);
      }
      return { kind: "stored", identity: this.identity };
    });
    return outcome ?? { kind: "broken" };
  }
}

function symbolOf(room: RoomId): SymbolName {
  return `S${room}` as SymbolName;
}
