import type { JoinRefusal } from "../../src/bindings/host.ts";
import type { StreamTerms } from "../../src/bindings/streams.ts";
import { fewAtOnce } from "../../src/core/limits/few-at-once.ts";
import { matchesGlob } from "../../src/core/placement/glob.ts";
import { CLOSE_CODES, type CloseReason } from "../../src/protocol/socket/close-codes.ts";
import { HEARTBEAT_MS, PONG } from "../../src/protocol/socket/heartbeat.ts";
import {
  isPattern,
  MOST_STREAM_SYMBOLS,
  type StreamClientMessage,
  type StreamEntry,
  type StreamRequestId,
} from "../../src/protocol/streams/client-message.ts";
import type { StreamError, StreamWord } from "../../src/protocol/streams/server-message.ts";
import type { LogId } from "../../src/protocol/words/log-id.ts";
import type { SymbolName } from "../../src/protocol/words/symbol.ts";
import type { Cursor } from "../../src/protocol/words/time.ts";
import { metrics } from "../../src/telemetry/metrics.ts";
import type { MessageRate } from "../room/viewers/messages/client-message.ts";
import { type RoomReader, readerOf } from "./room-reader.ts";
import type { SavedStream, StreamAttachment } from "./saved-stream.ts";
import { Seat, type SeatOwner } from "./seat.ts";
import { StreamWindow } from "./stream-window.ts";
import type { Renewal, StreamSocket } from "./streams-ports.ts";

/** From where a room is watched; null: from now on. */
export interface Place {
  since: Cursor | null;
  log: LogId | null;
}

export interface StreamDeps {
  windowChars: number;
  /** Brings a seat of the stream into its room, where it still `enters`. Null: it is not refused. */
  join(stream: Stream, seat: Seat, place: Place): Promise<JoinRefusal | null>;
  leave(stream: Stream, seat: Seat): void;
  /** There may be room in the window of a stream of `latest` again. */
  acknowledged(stream: Stream): void;
  /** The room of a seat that had to wait goes on. */
  goOn(seat: Seat): void;
  /** Symbols that are there now and that one of the patterns matches. */
  namesOf(patterns: readonly string[]): Promise<SymbolName[]>;
  renew(token: string): Promise<Renewal>;
  /** There is something to send. */
  mustFlush(stream: Stream): void;
  /** What is written down of it is not true any more. */
  changed(stream: Stream): void;
  gone(stream: Stream): void;
  nowMs: () => number;
  wait: (ms: number) => Promise<void>;
  keepAwake: (work: Promise<void>) => void;
}

/** What a room may send at most before the others have a turn, in characters. */
const TURN_CHARS = 64 * 1024;
/** Rooms that have a turn before the event loop has one. */
const TURNS_AT_ONCE = 8;
/** Messages are joined up to about so many characters. */
const JOINED_CHARS = 60 * 1024;
/** Rooms that are asked for at once. */
const JOINS_AT_ONCE = 32;
const NOW: Place = { since: null, log: null };

/** One socket over many rooms. */
export class Stream implements SeatOwner {
  readonly id: number;
  readonly socket: StreamSocket;
  readonly messages: MessageRate;
  terms: StreamTerms;
  heardMs: number;
  errorChars = 0;
  readonly #deps: StreamDeps;
  readonly #window: StreamWindow;
  readonly #seats = new Map<SymbolName, Seat>();
  /** Rooms that it has asked for and is not in yet. */
  readonly #joining = new Map<SymbolName, Seat>();
  readonly #patterns: Map<string, Cursor>;
  /** No pattern brings these back. */
  readonly #left: Set<SymbolName>;
  readonly #reader: RoomReader;
  #parts: string[] = [];
  #partsChars = 0;
  /** Seats that had to wait, those first that have waited longest. */
  readonly #waiting = new Set<Seat>();
  #isTakingTurns = false;
  #roomsKey: string | null = null;
  #isOver = false;

  constructor(
    {
      id,
      socket,
      terms,
      messages,
    }: { id: number; socket: StreamSocket; terms: StreamTerms; messages: MessageRate },
    deps: StreamDeps,
    slept: { saved: SavedStream; attachment: StreamAttachment } | null = null,
  ) {
    this.id = id;
    this.socket = socket;
    this.messages = messages;
    this.terms = terms;
    this.#deps = deps;
    this.#window = new StreamWindow(deps.windowChars, slept?.attachment.window);
    this.#patterns = new Map(slept?.saved.patterns);
    this.#left = new Set(slept?.saved.left);
    this.#reader = readerOf(terms.channels);
    this.heardMs = deps.nowMs();
    const behind = new Map(slept?.attachment.behind);
    for (const symbol of slept?.saved.rooms ?? []) {
      const phase = behind.get(symbol) ?? { kind: "live" };
      this.#seats.set(symbol, new Seat(symbol, this, phase));
    }
  }

  get seats(): Iterable<Seat> {
    return this.#seats.values();
  }

  get rooms(): number {
    return this.#seats.size + this.#joining.size;
  }

  /** The same for streams with the same rooms. */
  get roomsKey(): string {
    this.#roomsKey ??= [...this.#seats.keys()].sort().join(",");
    return this.#roomsKey;
  }

  /** It has been sent as much as it may before it acknowledges something. */
  get isFull(): boolean {
    return this.#window.isFull(this.#partsChars);
  }

  get hasPatterns(): boolean {
    return this.#patterns.size > 0;
  }

  /** It has just come. */
  greet(): void {
    const { mode, hz, channels } = this.terms;
    this.say({
      ...{ type: "welcome", mode },
      ...(mode === "latest" && { hz }),
      ...(channels !== null && { channels: [...channels] }),
      heartbeat_ms: HEARTBEAT_MS,
      window: Math.floor(this.#deps.windowChars / 2),
      most_symbols: MOST_STREAM_SYMBOLS,
    });
  }

  save(): { saved: SavedStream; attachment: StreamAttachment } {
    const behind: StreamAttachment["behind"] = [];
    for (const { symbol, phase } of this.#seats.values()) {
      if (phase?.kind === "replaying") behind.push([symbol, phase]);
    }
    return {
      saved: {
        ...this.terms,
        rooms: [...this.#seats.keys()],
        patterns: [...this.#patterns],
        left: [...this.#left],
      },
      attachment: { id: this.id, window: this.#window.save(), behind },
    };
  }

  /** A message of its client, which is one. */
  take(message: StreamClientMessage): void {
    switch (message.type) {
      case "ack":
        this.#acknowledge(message.messages);
        return;
      case "subscribe":
        this.#deps.keepAwake(this.subscribe(message.symbols, message.id));
        return;
      case "unsubscribe":
        this.#unsubscribe(message.symbols, message.id);
        return;
      case "token":
        this.#deps.keepAwake(this.#renew(message.token, message.id));
        return;
      default:
        message satisfies never;
    }
  }

  #acknowledge(messages: number): void {
    if (!this.#window.acknowledge(messages)) {
      this.close("acknowledgedUnsent");
      return;
    }
    this.#deps.changed(this);
    if (this.terms.mode === "latest") this.#deps.acknowledged(this);
    else this.#takeTurns();
  }

  /** What was asked for is answered first; then each room speaks for itself, and what cannot be watched is an error of its own. */
  async subscribe(entries: readonly StreamEntry[], id?: StreamRequestId): Promise<void> {
    const patterns: string[] = [];
    const places = new Map<SymbolName, Place>();
    const errors: Omit<StreamError, "type" | "id">[] = [];
    let free = MOST_STREAM_SYMBOLS - this.rooms - this.#patterns.size;
    for (const entry of entries) {
      const fault = this.#faultOf(entry, places, free);
      if (fault !== null) {
        errors.push(fault);
        continue;
      }
      free -= 1;
      if (typeof entry === "string" && isPattern(entry)) patterns.push(entry);
      else places.set(symbolOfEntry(entry), placeOfEntry(entry));
    }
    const nowUs = (this.#deps.nowMs() * 1_000) as Cursor;
    for (const pattern of patterns) this.#patterns.set(pattern, nowUs);
    for (const symbol of places.keys()) this.#left.delete(symbol);
    this.#deps.changed(this);
    this.say({ type: "subscribed", ...ofId(id), symbols: [...places.keys()], patterns });
    for (const error of errors) this.say({ type: "error", ...ofId(id), ...error });
    await this.#joinAll([...places], id);
    if (patterns.length > 0) await this.match(patterns, id);
  }

  /** The object has lost from memory what its rooms had: each begins anew. */
  rejoin(): void {
    const places = [...this.#seats.keys()].map((symbol) => [symbol, NOW] as const);
    this.#seats.clear();
    this.#roomsKey = null;
    this.#deps.keepAwake(this.#joinAll(places));
  }

  /** Watches what is there now of these patterns. */
  async match(patterns: readonly string[], id?: StreamRequestId): Promise<void> {
    const names = await this.#deps.namesOf(patterns);
    const fresh = names.filter((symbol) => this.#wants(symbol));
    const free = this.#free(fresh.length, patterns, id);
    await this.#joinAll(
      fresh.slice(0, free).map((symbol) => [symbol, NOW]),
      id,
    );
  }

  /** These symbols have come, or are found now: from the moment of the pattern on. */
  meet(symbols: Iterable<SymbolName>): void {
    if (this.#patterns.size === 0) return;
    const places: [SymbolName, Place][] = [];
    for (const symbol of symbols) {
      if (!this.#wants(symbol)) continue;
      const found = [...this.#patterns].find(([pattern]) => matchesGlob(pattern, symbol));
      if (found !== undefined) places.push([symbol, { since: found[1], log: null }]);
    }
    if (places.length === 0) return;
    const free = this.#free(places.length, [...this.#patterns.keys()]);
    this.#deps.keepAwake(this.#joinAll(places.slice(0, free)));
  }

  #wants(symbol: SymbolName): boolean {
    return (
      !this.#seats.has(symbol) &&
      !this.#joining.has(symbol) &&
      !this.#left.has(symbol) &&
      this.#covers(symbol)
    );
  }

  #covers(symbol: SymbolName): boolean {
    const { symbols } = this.terms;
    return symbols === null || symbols.some((glob) => matchesGlob(glob, symbol));
  }

  /** How many rooms more it may have; says so where that are less than it wants. */
  #free(wanted: number, patterns: readonly string[], id?: StreamRequestId): number {
    const free = Math.max(0, MOST_STREAM_SYMBOLS - this.rooms - this.#patterns.size);
    if (wanted > free) {
      this.say({
        ...{ type: "error", ...ofId(id), symbol: patterns.join(","), code: "too_many_symbols" },
        message: `matches ${wanted - free} symbols more than the ${MOST_STREAM_SYMBOLS} that one stream may have`,
      });
    }
    return free;
  }

  #faultOf(
    entry: StreamEntry,
    places: ReadonlyMap<SymbolName, Place>,
    free: number,
  ): Omit<StreamError, "type" | "id"> | null {
    const symbol = typeof entry === "string" ? entry : entry.symbol;
    if (free <= 0) {
      const message = `a stream may have ${MOST_STREAM_SYMBOLS} symbols and patterns: open another one`;
      return { symbol, code: "too_many_symbols", message };
    }
    if (typeof entry !== "string" && entry.since !== undefined && this.terms.mode === "latest") {
      const message = "since goes with mode=all: in mode=latest a room begins with its last values";
      return { symbol, code: "bad_message", message };
    }
    if (typeof entry === "string" && isPattern(entry)) {
      if (!this.#patterns.has(entry)) return null;
    } else {
      const name = symbolOfEntry(entry);
      if (!this.#covers(name)) {
        return { symbol, code: "forbidden", message: "the token is not for this symbol" };
      }
      if (!this.#seats.has(name) && !this.#joining.has(name) && !places.has(name)) return null;
    }
    return { symbol, code: "already_subscribed", message: "is watched already" };
  }

  async #joinAll(
    places: readonly (readonly [SymbolName, Place])[],
    id?: StreamRequestId,
  ): Promise<void> {
    const seats = places.map(([symbol, place]) => ({ seat: new Seat(symbol, this), place }));
    for (const { seat } of seats) this.#joining.set(seat.symbol, seat);
    await fewAtOnce(seats, ({ seat, place }) => this.#join(seat, place, id), JOINS_AT_ONCE);
  }

  async #join(seat: Seat, place: Place, id?: StreamRequestId): Promise<void> {
    const { symbol } = seat;
    // It may have been let go again before its turn came.
    if (this.#joining.get(symbol) !== seat) return;
    const refusal = await this.#deps.join(this, seat, place);
    if (refusal !== null) {
      if (this.#joining.get(symbol) === seat) this.#joining.delete(symbol);
      this.say(errorOf(refusal, symbol, id));
    }
  }

  /** May the room let the seat in? It may have gone meanwhile. */
  enters(seat: Seat): boolean {
    if (this.#isOver || this.#joining.get(seat.symbol) !== seat) return false;
    this.#joining.delete(seat.symbol);
    this.#seats.set(seat.symbol, seat);
    this.#roomsKey = null;
    this.#deps.changed(this);
    return true;
  }

  #unsubscribe(names: readonly string[], id?: StreamRequestId): void {
    const symbols: SymbolName[] = [];
    const patterns: string[] = [];
    for (const name of names) {
      if (isPattern(name) && this.#patterns.delete(name)) {
        patterns.push(name);
        for (const symbol of [...this.#seats.keys(), ...this.#joining.keys()]) {
          if (matchesGlob(name, symbol) && this.#letGo(symbol)) symbols.push(symbol);
        }
        continue;
      }
      const symbol = symbolOfEntry(name);
      if (this.#letGo(symbol)) {
        this.#left.add(symbol);
        symbols.push(symbol);
        continue;
      }
      const code = "not_subscribed";
      this.say({ type: "error", ...ofId(id), symbol: name, code, message: "is not watched" });
    }
    this.#deps.changed(this);
    this.say({ type: "unsubscribed", ...ofId(id), symbols, patterns });
  }

  #letGo(symbol: SymbolName): boolean {
    if (this.#joining.delete(symbol)) return true;
    const seat = this.#seats.get(symbol);
    if (seat === undefined) return false;
    this.#seats.delete(symbol);
    this.#waiting.delete(seat);
    this.#deps.leave(this, seat);
    this.#roomsKey = null;
    return true;
  }

  async #renew(token: string, id?: StreamRequestId): Promise<void> {
    const renewal = await this.#deps.renew(token);
    if (renewal.kind === "refused") {
      this.say({ type: "error", ...ofId(id), code: "bad_token", message: renewal.why });
      return;
    }
    const { symbols, expiresAtMs } = renewal;
    this.terms = { ...this.terms, symbols, expiresAtMs };
    this.#deps.changed(this);
    this.say({ type: "renewed", ...ofId(id), expires_at_ms: expiresAtMs });
    for (const symbol of [...this.#seats.keys(), ...this.#joining.keys()]) {
      if (this.#covers(symbol) || !this.#letGo(symbol)) continue;
      this.#left.add(symbol);
      this.say({
        type: "error",
        symbol,
        code: "forbidden",
        message: "the token is not for this symbol",
      });
    }
  }

  // What a seat is told.

  hear(seat: Seat, text: string): void {
    const { symbol } = seat;
    // It may have been let go while its room let it in.
    if (this.#seats.get(symbol) !== seat) return;
    const told = this.#reader.read(symbol, text);
    if (told !== null) this.put(told);
  }

  mustWait(seat: Seat): boolean {
    const { isFull } = this;
    if (!isFull && (seat.isLive || seat.turnChars < TURN_CHARS)) return false;
    this.#waiting.add(seat);
    if (!isFull) this.#takeTurns();
    return true;
  }

  /** A room that goes away is told, and the others stay. What is wrong with the socket ends all of them. */
  ended(seat: Seat, code: number, reason: string): void {
    if (this.#seats.get(seat.symbol) !== seat) return;
    this.#seats.delete(seat.symbol);
    this.#waiting.delete(seat);
    if (code !== CLOSE_CODES.goingAway.code) {
      this.#end(code, reason);
      return;
    }
    this.#left.add(seat.symbol);
    this.#deps.changed(this);
    this.say({ type: "closed", symbol: seat.symbol, code, reason });
  }

  /** Those that had to wait go on one after another, each with a page, until there is no room in the window. */
  #takeTurns(): void {
    if (this.#isTakingTurns || this.#waiting.size === 0) return;
    this.#isTakingTurns = true;
    this.#deps.keepAwake(this.#turns());
  }

  async #turns(): Promise<void> {
    try {
      while (this.#waiting.size > 0 && !this.#isOver && !this.isFull) {
        await this.#deps.wait(0);
        for (const seat of [...this.#waiting].slice(0, TURNS_AT_ONCE)) {
          if (this.isFull) break;
          this.#waiting.delete(seat);
          seat.turnChars = 0;
          this.#deps.goOn(seat);
        }
      }
    } finally {
      this.#isTakingTurns = false;
    }
  }

  // What its client is told.

  say(word: StreamWord): void {
    this.put(JSON.stringify(word));
  }

  /** A message in its text. */
  put(text: string): void {
    if (this.#isOver) return;
    this.#parts.push(text);
    this.#partsChars += text.length;
    this.#deps.mustFlush(this);
  }

  pong(): void {
    this.#send(PONG);
  }

  /** Sends what has gathered, as few messages. Nothing is sent once its token has ended (SPEC A-4). */
  flush(): void {
    const parts = this.#parts;
    this.#parts = [];
    this.#partsChars = 0;
    if (this.hasEnded) {
      this.close("tokenExpired");
      return;
    }
    for (let from = 0; from < parts.length && !this.#isOver; ) {
      let to = from;
      let chars = 0;
      while (to < parts.length && (to === from || chars < JOINED_CHARS)) {
        chars += (parts[to] as string).length;
        to += 1;
      }
      const text =
        to === from + 1 ? (parts[from] as string) : `[${parts.slice(from, to).join(",")}]`;
      this.#window.add(text.length);
      this.#send(text);
      from = to;
    }
    if (parts.length > 0) this.#deps.changed(this);
  }

  get hasEnded(): boolean {
    const { expiresAtMs } = this.terms;
    return expiresAtMs !== null && this.#deps.nowMs() >= expiresAtMs;
  }

  #send(text: string): void {
    try {
      this.socket.send(text);
    } catch {
      // The socket closed and its close event is still on the way.
      this.left();
    }
  }

  close(reason: CloseReason): void {
    const { code, reason: words } = CLOSE_CODES[reason];
    metrics.closedViewers.add(1, { reason });
    this.#end(code, words);
  }

  #end(code: number, reason: string): void {
    if (this.#isOver) return;
    // What was said before goes before; a token that has ended lets nothing go.
    if (!this.hasEnded) this.flush();
    this.left();
    this.socket.close(code, reason);
  }

  /** Its socket is no more. */
  left(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#joining.clear();
    this.#waiting.clear();
    for (const seat of this.#seats.values()) this.#deps.leave(this, seat);
    this.#seats.clear();
    this.#deps.gone(this);
  }
}

function ofId(id: StreamRequestId | undefined) {
  return id === undefined ? {} : { id };
}

/** The symbol that an entry names: behind a backslash `*` is itself. */
function symbolOfEntry(entry: StreamEntry): SymbolName {
  return typeof entry === "string" ? (entry.replaceAll("\\*", "*") as SymbolName) : entry.symbol;
}

function placeOfEntry(entry: StreamEntry): Place {
  return typeof entry === "string" ? NOW : { since: entry.since ?? null, log: entry.log ?? null };
}

function errorOf(
  { reason, retryAfterS }: JoinRefusal,
  symbol: SymbolName,
  id?: StreamRequestId,
): StreamError {
  const common = { type: "error", ...ofId(id), symbol, retry_after_s: retryAfterS } as const;
  if (reason === "not_known_yet") {
    const message = "the server does not know yet what was before: subscribe again later";
    return { ...common, code: "not_known_yet", message };
  }
  return { ...common, code: "full", message: "the room has as many viewers as it takes" };
}
