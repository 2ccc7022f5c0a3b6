import type { JoinRefusal } from "../../src/bindings/host.ts";
import { Channels } from "../../src/core/streams/channels.ts";
import { LatestRoom } from "../../src/core/streams/latest-room.ts";
import type { LiveBar, ServerMessage } from "../../src/protocol/socket/server-message.ts";
import type { SymbolName } from "../../src/protocol/words/symbol.ts";
import { Seat, type SeatOwner } from "./stream/seat.ts";
import type { Stream } from "./stream/stream.ts";
import type { Packed } from "./stream/stream-output.ts";

/** What a stream has been told of a room: changes up to this one, and the room's count of events then. */
interface Told {
  seq: number;
  count: number;
}

/** What a stream has been told: shared by all that have been told the same. */
type Position = ReadonlyMap<SymbolName, Told>;

/** What is told next, and where that leaves whoever is told it; `message` null: there is nothing to say. */
interface Next {
  message: string | Packed | null;
  /** Those who are told it. */
  streams: Stream[];
  position: Position;
  isWhole: boolean;
}

interface Followed {
  room: LatestRoom;
  tap: Seat;
  /** Streams that watch it. */
  streams: number;
  joining: Promise<JoinRefusal | null>;
}

export interface LatestStreamsDeps {
  join(seat: Seat): Promise<JoinRefusal | null>;
  leave(seat: Seat): void;
  /** The 1 m bar that is growing; null where there is none. */
  barOf(symbol: SymbolName): LiveBar | null;
  /** A text as raw DEFLATE; null where that is not worth it. */
  pack: (text: string) => Promise<ArrayBuffer> | null;
  nowMs: () => number;
  wait: (ms: number) => Promise<void>;
  keepAwake: (work: Promise<void>) => void;
}

const NOBODY: Position = new Map();
/** A message has as many rooms as there are, up to about so many characters: others have the next one. */
const MOST_CHARS = 256 * 1024;
/** A room that went away is asked for again after so long, in ms. */
const AGAIN_MS = 1_000;

/**
 * Streams of `latest`: what changes in a room is kept once, whoever watches it, and told at most so many times a second. What streams
 * with the same rooms and channels are told is one text. A slow one is passed over, and is told later what has changed since its own
 * last message, and how much that left out.
 */
export class LatestStreams implements SeatOwner {
  readonly #deps: LatestStreamsDeps;
  readonly #rooms = new Map<SymbolName, Followed>();
  readonly #byHz = new Map<number, Set<Stream>>();
  readonly #positions = new Map<Stream, Position>();
  /** How far each has been looked at. */
  readonly #looked = new Map<Stream, number>();
  readonly #running = new Set<number>();
  readonly #channels = new Map<string, Channels>();
  #seq = 0;

  constructor(deps: LatestStreamsDeps) {
    this.#deps = deps;
  }

  /** The stream watches the room from now on. */
  async follow(stream: Stream, seat: Seat): Promise<JoinRefusal | null> {
    const { symbol } = seat;
    const known = this.#rooms.get(symbol) ?? this.#begin(symbol);
    const refusal = await known.joining;
    if (refusal !== null) {
      if (this.#rooms.get(symbol) === known && known.streams === 0) this.#rooms.delete(symbol);
      return refusal;
    }
    // While it was asked for it may have gone again.
    const followed = this.#rooms.get(symbol) ?? known;
    if (!stream.rooms.enters(seat)) {
      this.#letGo(symbol, followed);
      return null;
    }
    this.#rooms.set(symbol, followed);
    followed.streams += 1;
    this.#add(stream);
    return null;
  }

  /** The stream watches the room no more. */
  unfollow(stream: Stream, symbol: SymbolName): void {
    const position = new Map(this.#positions.get(stream));
    if (position.delete(symbol)) this.#positions.set(stream, position);
    const followed = this.#rooms.get(symbol);
    if (followed === undefined) return;
    followed.streams -= 1;
    this.#letGo(symbol, followed);
  }

  /** The stream ends. */
  forget(stream: Stream): void {
    this.#byHz.get(stream.terms.hz)?.delete(stream);
    this.#positions.delete(stream);
    this.#looked.delete(stream);
  }

  /** There may be room in its window again. */
  goOn(stream: Stream): void {
    if (this.#positions.has(stream)) this.#tickSoon(stream.terms.hz);
  }

  // A tap is a seat that stands for all streams.

  get heardMs(): number {
    return this.#deps.nowMs();
  }

  hear({ symbol }: Seat, text: string): void {
    const room = this.#rooms.get(symbol)?.room;
    if (room === undefined) return;
    const message = JSON.parse(text) as ServerMessage;
    switch (message.type) {
      case "snapshot":
        room.begin(message, this.#next());
        break;
      case "events":
        room.take(message.events, message.cursor, this.#next());
        break;
      case "bar": {
        const { type: _, ...bar } = message;
        room.closeBar(bar, this.#next());
        break;
      }
      // After a gap a snapshot follows.
      case "hello":
      case "gap":
      case "caught_up":
      case "error":
        return;
      default:
        message satisfies never;
    }
    for (const [hz, streams] of this.#byHz) if (streams.size > 0) this.#tickSoon(hz);
  }

  mustWait(): boolean {
    return false;
  }

  /** The room has gone, as where it moves: it begins anew where it is then. */
  ended({ symbol }: Seat): void {
    const followed = this.#rooms.get(symbol);
    if (followed !== undefined) this.#deps.keepAwake(this.#joinAgain(symbol, followed));
  }

  async #joinAgain(symbol: SymbolName, followed: Followed): Promise<void> {
    for (;;) {
      await this.#deps.wait(AGAIN_MS);
      if (this.#rooms.get(symbol) !== followed) return;
      followed.tap = new Seat(symbol, this);
      followed.joining = this.#deps.join(followed.tap);
      if ((await followed.joining) === null) return;
    }
  }

  #begin(symbol: SymbolName): Followed {
    const tap = new Seat(symbol, this);
    const followed: Followed = {
      ...{ room: new LatestRoom(), tap, streams: 0 },
      joining: Promise.resolve(null),
    };
    this.#rooms.set(symbol, followed);
    followed.joining = this.#deps.join(tap);
    return followed;
  }

  #letGo(symbol: SymbolName, followed: Followed): void {
    if (followed.streams > 0 || this.#rooms.get(symbol) !== followed) return;
    this.#rooms.delete(symbol);
    this.#deps.leave(followed.tap);
  }

  #add(stream: Stream): void {
    if (!this.#positions.has(stream)) this.#positions.set(stream, NOBODY);
    const { hz } = stream.terms;
    const streams = this.#byHz.get(hz) ?? new Set();
    this.#byHz.set(hz, streams.add(stream));
    this.#looked.delete(stream);
    this.#tickSoon(hz);
  }

  #next(): number {
    this.#seq += 1;
    return this.#seq;
  }

  #tickSoon(hz: number): void {
    if (this.#running.has(hz)) return;
    this.#running.add(hz);
    this.#deps.keepAwake(this.#run(hz));
  }

  /** While there is something to tell the streams of a rate they are told it, so many times a second. */
  async #run(hz: number): Promise<void> {
    // Behind all else that happens now.
    await Promise.resolve();
    try {
      while (this.#tick(hz)) await this.#deps.wait(1_000 / hz);
    } finally {
      this.#running.delete(hz);
    }
  }

  /** False where nothing was to be told. */
  #tick(hz: number): boolean {
    const known = new Map<Position, Map<string, Next>>();
    /** By what they ask for: those who have been told everything have been told the same, whenever they came. */
    const caughtUp = new Map<string, Position>();
    let hasTold = false;
    for (const stream of this.#byHz.get(hz) ?? []) {
      if (this.#looked.get(stream) === this.#seq || stream.isFull) continue;
      const position = this.#positions.get(stream) ?? NOBODY;
      const { isPacked } = stream.terms;
      const key = `${isPacked}${this.#channelsOf(stream)?.key ?? ""}\u0001${stream.rooms.key}`;
      const ofPosition = known.get(position) ?? new Map<string, Next>();
      known.set(position, ofPosition);
      const next = ofPosition.get(key) ?? this.#nextOf(stream, position);
      ofPosition.set(key, next);
      let after = next.position;
      if (next.isWhole) {
        this.#looked.set(stream, this.#seq);
        after = caughtUp.get(key) ?? after;
        caughtUp.set(key, after);
      }
      this.#positions.set(stream, after);
      if (next.message === null) continue;
      hasTold = true;
      next.streams.push(stream);
      stream.put(next.message);
    }
    return hasTold;
  }

  #nextOf(stream: Stream, position: Position): Next {
    const channels = this.#channelsOf(stream);
    const news = this.#newsOf(stream, position);
    const after = new Map(position);
    const parts: string[] = [];
    let chars = 0;
    let skipped = 0;
    let at = 0;
    for (; at < news.length && chars < MOST_CHARS; at += 1) {
      const [symbol, room, told] = news[at] as (typeof news)[number];
      const count = room.count(channels);
      after.set(symbol, { seq: room.seq, count });
      const { events, hasTrade } = room.changedSince(told?.seq ?? -1, channels);
      if (told !== null) skipped += count - told.count - events.length;
      const bars = hasBars(channels) ? this.#barsOf(symbol, room, told?.seq ?? -1, hasTrade) : [];
      if (events.length === 0 && bars.length === 0 && told !== null) continue;
      const rest = JSON.stringify({
        cursor: room.cursor,
        ...(told === null && { whole: true }),
        ...(bars.length > 0 && { bars }),
      });
      const part = `{"symbol":${JSON.stringify(symbol)},"events":[${events.join(",")}],${rest.slice(1)}`;
      parts.push(part);
      chars += part.length;
    }
    // What is left out waits for a message to be told with.
    const text =
      parts.length === 0 && skipped === 0
        ? null
        : `{"type":"latest","rooms":[${parts.join(",")}],"skipped":${skipped}}`;
    const streams: Stream[] = [];
    const message = text !== null && stream.terms.isPacked ? this.#packed(text, streams) : text;
    return { message, streams, position: after, isWhole: at === news.length };
  }

  /** A text that the streams are told once it is packed, where that is worth it. */
  #packed(text: string, streams: readonly Stream[]): string | Packed {
    const packing = this.#deps.pack(text);
    if (packing === null) return text;
    const packed: Packed = { chars: text.length, bytes: null };
    const tell = (bytes: ArrayBuffer) => {
      packed.bytes = bytes;
      for (const stream of streams) stream.flushSoon();
    };
    // What is to come behind it would wait for good.
    const end = () => {
      for (const stream of streams) stream.close("goingAway");
    };
    this.#deps.keepAwake(packing.then(tell, end));
    return packed;
  }

  /** Rooms of which there is something to tell, those first of which was told longest ago; null: nothing of it holds any more. */
  #newsOf(stream: Stream, position: Position): (readonly [SymbolName, LatestRoom, Told | null])[] {
    const news: (readonly [SymbolName, LatestRoom, Told | null])[] = [];
    for (const { symbol } of stream.rooms.seats) {
      const room = this.#rooms.get(symbol)?.room;
      if (room === undefined || room.cursor === null) continue;
      const told = position.get(symbol) ?? null;
      if (told === null || told.seq < room.beganSeq) news.push([symbol, room, null]);
      else if (told.seq < room.seq) news.push([symbol, room, told]);
    }
    return news.sort(([, , a], [, , b]) => (a?.seq ?? -1) - (b?.seq ?? -1));
  }

  #barsOf(symbol: SymbolName, room: LatestRoom, seq: number, hasTrade: boolean): LiveBar[] {
    const bars = room.barsSince(seq);
    const growing = hasTrade ? this.#deps.barOf(symbol) : null;
    if (growing !== null && bars.every(({ ts }) => ts !== growing.ts)) bars.push(growing);
    return bars;
  }

  #channelsOf({ terms: { channels } }: Stream): Channels | null {
    if (channels === null) return null;
    const key = channels.join(",");
    const known = this.#channels.get(key) ?? new Channels(channels);
    this.#channels.set(key, known);
    return known;
  }
}

function hasBars(channels: Channels | null): boolean {
  return channels === null || channels.hasKind("bar");
}
