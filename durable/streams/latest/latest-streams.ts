import type { JoinRefusal } from "../../../src/bindings/host.ts";
import { Channels } from "../../../src/core/streams/channels.ts";
import type { LatestRoom } from "../../../src/core/streams/latest-room.ts";
import type { LiveBar } from "../../../src/protocol/socket/server-message.ts";
import type { SymbolName } from "../../../src/protocol/words/symbol.ts";
import type { Seat } from "../stream/seat.ts";
import type { Stream } from "../stream/stream.ts";
import type { Packed } from "../stream/stream-output.ts";
import { LatestTaps } from "./latest-taps.ts";

/** What a stream has been told of a room: changes up to this one, and the room's count of events then. */
interface Told {
  seq: number;
  count: number;
}

/** What a stream has been told: shared by all that have been told the same. */
type Position = ReadonlyMap<SymbolName, Told>;

/** A stream, and what it has been told. */
interface Watcher {
  stream: Stream;
  /** Of which kinds it is told; null: of all. */
  channels: Channels | null;
  position: Position;
  /** Up to which change it has been looked at; null: anew. */
  lookedSeq: number | null;
}

/** What is told next, and where that leaves whoever is told it; `message` null: there is nothing to say. */
interface Next {
  message: string | Packed | null;
  /** Those who are told it. */
  streams: Stream[];
  position: Position;
  isWhole: boolean;
}

export interface LatestStreamsDeps {
  /** Brings a tap into its room, where it still `enters`. Null: it is not refused. */
  join(seat: Seat, enters: () => boolean): Promise<JoinRefusal | null>;
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

/**
 * Streams of `latest`: what changes in a room is kept once, whoever watches it, and told at most so many times a second. What streams
 * with the same rooms and channels are told is one text. A slow one is passed over, and is told later what has changed since its own
 * last message, and how much that left out.
 */
export class LatestStreams {
  readonly #deps: LatestStreamsDeps;
  readonly #taps: LatestTaps;
  readonly #byHz = new Map<number, Map<Stream, Watcher>>();
  readonly #running = new Set<number>();
  /** By key, and how many streams are told of just these. */
  readonly #channels = new Map<string, { channels: Channels; streams: number }>();
  #seq = 0;

  constructor(deps: LatestStreamsDeps) {
    this.#deps = deps;
    this.#taps = new LatestTaps({
      ...deps,
      nextSeq: () => {
        this.#seq += 1;
        return this.#seq;
      },
      changed: () => {
        for (const [hz, watchers] of this.#byHz) if (watchers.size > 0) this.#tickSoon(hz);
      },
    });
  }

  /** The stream watches the room from now on. */
  follow(stream: Stream, seat: Seat): Promise<JoinRefusal | null> {
    return this.#taps.follow(seat.symbol, () => {
      if (!stream.rooms.enters(seat)) return false;
      this.#add(stream);
      return true;
    });
  }

  /** The stream watches the room no more. */
  unfollow(stream: Stream, symbol: SymbolName): void {
    const watcher = this.#watcherOf(stream);
    if (watcher?.position.has(symbol)) {
      const position = new Map(watcher.position);
      position.delete(symbol);
      watcher.position = position;
    }
    this.#taps.unfollow(symbol);
  }

  /** The stream ends. */
  forget(stream: Stream): void {
    const channels = this.#watcherOf(stream)?.channels ?? null;
    this.#byHz.get(stream.terms.hz)?.delete(stream);
    if (channels !== null) this.#letGo(channels);
  }

  /** There may be room in its window again. */
  goOn(stream: Stream): void {
    if (this.#watcherOf(stream) !== undefined) this.#tickSoon(stream.terms.hz);
  }

  #add(stream: Stream): void {
    const { hz, channels } = stream.terms;
    const watchers = this.#byHz.get(hz) ?? new Map<Stream, Watcher>();
    this.#byHz.set(hz, watchers);
    const watcher = watchers.get(stream);
    if (watcher === undefined) {
      const its = channels === null ? null : this.#share(new Channels(channels));
      watchers.set(stream, { stream, channels: its, position: NOBODY, lookedSeq: null });
    } else watcher.lookedSeq = null;
    this.#tickSoon(hz);
  }

  #watcherOf(stream: Stream): Watcher | undefined {
    return this.#byHz.get(stream.terms.hz)?.get(stream);
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
    for (const watcher of this.#byHz.get(hz)?.values() ?? []) {
      const { stream, position } = watcher;
      const names = stream.shared?.shared;
      if (names === undefined || watcher.lookedSeq === this.#seq || stream.isFull) continue;
      const key = `${stream.terms.isPacked}${names.id} ${watcher.channels?.key ?? ""}`;
      const ofPosition = known.get(position) ?? new Map<string, Next>();
      known.set(position, ofPosition);
      const next = ofPosition.get(key) ?? this.#nextOf(watcher, names.names);
      ofPosition.set(key, next);
      watcher.position = next.position;
      if (next.isWhole) {
        watcher.lookedSeq = this.#seq;
        watcher.position = caughtUp.get(key) ?? next.position;
        caughtUp.set(key, watcher.position);
      }
      if (next.message === null) continue;
      hasTold = true;
      next.streams.push(stream);
      stream.put(next.message);
    }
    return hasTold;
  }

  #nextOf({ stream, channels, position }: Watcher, names: ReadonlySet<SymbolName>): Next {
    const news = this.#newsOf(names, position);
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
  #newsOf(
    names: ReadonlySet<SymbolName>,
    position: Position,
  ): (readonly [SymbolName, LatestRoom, Told | null])[] {
    const news: (readonly [SymbolName, LatestRoom, Told | null])[] = [];
    for (const symbol of names) {
      const room = this.#taps.roomOf(symbol);
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

  #share(channels: Channels): Channels {
    const shared = this.#channels.get(channels.key) ?? { channels, streams: 0 };
    this.#channels.set(channels.key, shared);
    shared.streams += 1;
    return shared.channels;
  }

  /** What rooms count for channels that nobody has costs each event. */
  #letGo({ key }: Channels): void {
    const shared = this.#channels.get(key);
    if (shared === undefined) return;
    shared.streams -= 1;
    if (shared.streams > 0) return;
    this.#channels.delete(key);
    for (const room of this.#taps.rooms()) room.countNoMore(key);
  }
}

function hasBars(channels: Channels | null): boolean {
  return channels === null || channels.hasKind("bar");
}
