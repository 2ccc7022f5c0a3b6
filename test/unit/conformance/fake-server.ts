import { setTimeout as sleep } from "node:timers/promises";
import type { MetricEvent } from "../../../src/protocol/events/event.ts";
import type { Arrival, Connection, Server } from "../../conformance/server.ts";

/** What a broken server does: two events of a replay change places, the newest frame comes again, acks mean nothing. */
export type Fault = "order" | "twice" | "window";

type Frame = { cursor: number; events: MetricEvent[] };

const FRAME_EVENTS = 50;
const WINDOW_BYTES = 512 * 1024;

/** The least that a few checks need of a server, in memory: metrics, a room a symbol, replay and the window. */
export function fakeServer(fault: Fault | null = null): Server {
  const rooms = new Map<string, FakeRoom>();
  const roomOf = (symbol: string): FakeRoom => {
    const room = rooms.get(symbol) ?? new FakeRoom(symbol, fault);
    rooms.set(symbol, room);
    return room;
  };
  let made = 0;
  return {
    async http(_, { body = "" } = {}) {
      const items = JSON.parse(String(body)) as (MetricEvent & { symbol: string })[];
      const cursors: Record<string, number> = {};
      for (const item of items) {
        const { symbol, ts = Date.now() * 1_000, ...fields } = item;
        roomOf(symbol).waiting.push({ ...fields, kind: "metric", ts } as MetricEvent);
      }
      for (const symbol of new Set(items.map((item) => item.symbol))) {
        cursors[symbol] = roomOf(symbol).append();
      }
      const text = JSON.stringify({ accepted: items.length, cursors });
      return { status: 202, headers: new Headers(), text };
    },
    async connect(path) {
      const { pathname, searchParams } = new URL(path, "http://fake");
      const symbol = decodeURIComponent(pathname.replace("/ws/", ""));
      return roomOf(symbol).join(Number(searchParams.get("since") ?? "0"));
    },
    clock: { nowMs: () => Date.now(), sleep: (ms) => sleep(ms, undefined, { ref: false }) },
    newSymbol: () => {
      made += 1;
      return `FAKE-${made}`;
    },
  };
}

class FakeRoom {
  readonly symbol: string;
  readonly fault: Fault | null;
  readonly frames: Frame[] = [];
  waiting: MetricEvent[] = [];
  readonly #viewers: FakeViewer[] = [];

  constructor(symbol: string, fault: Fault | null) {
    this.symbol = symbol;
    this.fault = fault;
  }

  get head(): number {
    return this.frames.at(-1)?.cursor ?? 0;
  }

  /** Takes what waits, and gives the cursor that covers it. */
  append(): number {
    for (let from = 0; from < this.waiting.length; from += FRAME_EVENTS) {
      const cursor = Math.max(this.head + 1, Date.now() * 1_000);
      this.frames.push({ cursor, events: this.waiting.slice(from, from + FRAME_EVENTS) });
    }
    this.waiting = [];
    for (const viewer of this.#viewers) viewer.pump();
    return this.head;
  }

  join(since: number): Connection {
    const viewer = new FakeViewer(this, since);
    this.#viewers.push(viewer);
    return viewer.connection;
  }
}

/** A stream that is welcomed, answers pings, and takes nothing that is asked of it. */
export function refusingStream(): Connection {
  const arrivals = new Arrivals();
  const say = (message: object) => arrivals.add({ kind: "message", text: JSON.stringify(message) });
  const welcome = { type: "welcome", mode: "all", heartbeat_ms: 5_000, most_symbols: 500 };
  say({ ...welcome, window: WINDOW_BYTES });
  return {
    ...{ kind: "open", protocol: "edgetape.v1", extensions: "" },
    send: (data) => {
      if (data === "ping") arrivals.add({ kind: "message", text: "pong" });
      else say({ type: "error", code: "bad_message", message: "not here" });
    },
    close: () => {},
    isOpen: () => true,
    read: () => arrivals.next(),
  };
}

/** What has arrived and was not read yet. */
class Arrivals {
  readonly #waiting: Arrival[] = [];
  #wake: (() => void) | null = null;

  add(arrival: Arrival): void {
    this.#waiting.push(arrival);
    this.#wake?.();
  }

  async next(): Promise<Arrival> {
    for (;;) {
      const arrival = this.#waiting.shift();
      if (arrival !== undefined) return arrival;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}

class FakeViewer {
  readonly connection: Connection;
  readonly #room: FakeRoom;
  readonly #arrivals = new Arrivals();
  readonly #unacked: { cursor: number; bytes: number }[] = [];
  #position: number;
  #replayed = 0;
  #isLive = false;
  #isOpen = true;

  constructor(room: FakeRoom, since: number) {
    this.#room = room;
    this.#position = since;
    this.connection = {
      ...{ kind: "open", protocol: "edgetape.v1", extensions: "" },
      send: (data) => this.#heard(String(data)),
      close: (code = 1000) => {
        this.#isOpen = false;
        this.#arrivals.add({ kind: "closed", code });
      },
      isOpen: () => this.#isOpen,
      read: () => this.#arrivals.next(),
    };
    const { symbol, head } = room;
    const hello = { room: symbol, cursor: head, oldest: 0, heartbeat_ms: 5_000, log: "log-1" };
    this.#say({ type: "hello", ...hello, window: WINDOW_BYTES });
    this.pump();
  }

  /** Sends what is due and the window allows; then, once, that it has caught up. */
  pump(): void {
    const { fault, frames, head } = this.#room;
    for (const frame of frames) {
      const isFull = this.#unackedBytes() >= 2 * WINDOW_BYTES && fault !== "window";
      if (frame.cursor <= this.#position || isFull) continue;
      this.#sendFrame(frame);
    }
    if (this.#isLive || this.#position < head) return;
    this.#isLive = true;
    const end = { cursor: head, replayed: this.#replayed, complete: true };
    this.#say({ type: "caught_up", ...end });
    const newest = frames.at(-1);
    if (fault === "twice" && newest !== undefined) this.#sendFrame(newest);
  }

  #sendFrame({ cursor, events }: Frame): void {
    const [first, second, ...rest] = events;
    const isMixed = this.#room.fault === "order" && first !== undefined && second !== undefined;
    const bytes = this.#say({
      ...{ type: "events", cursor },
      events: isMixed ? [second, first, ...rest] : events,
    });
    this.#unacked.push({ cursor, bytes });
    this.#position = cursor;
    this.#replayed += events.length;
  }

  #unackedBytes(): number {
    return this.#unacked.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  #heard(data: string): void {
    if (data === "ping") this.#arrivals.add({ kind: "message", text: "pong" });
    else if (data.startsWith('{"type":"ack"')) {
      const { cursor } = JSON.parse(data) as { cursor: number };
      const isAcked = () => (this.#unacked[0]?.cursor ?? Number.POSITIVE_INFINITY) <= cursor;
      while (isAcked()) this.#unacked.shift();
      this.pump();
    } else this.#say({ type: "error", code: "bad_message", message: "what?" });
  }

  /** Gives its bytes. */
  #say(message: object): number {
    const text = JSON.stringify(message);
    this.#arrivals.add({ kind: "message", text });
    return text.length;
  }
}
