import type { JoinRefusal } from "../../../src/bindings/host.ts";
import type { StreamTerms } from "../../../src/bindings/streams.ts";
import { fewAtOnce } from "../../../src/core/limits/few-at-once.ts";
import { matchesGlob } from "../../../src/core/placement/glob.ts";
import { CLOSE_CODES, type CloseReason } from "../../../src/protocol/socket/close-codes.ts";
import { HEARTBEAT_MS, PONG } from "../../../src/protocol/socket/heartbeat.ts";
import {
  isPattern,
  MOST_STREAM_SYMBOLS,
  type StreamClientMessage,
  type StreamEntry,
  type StreamRequestId,
} from "../../../src/protocol/streams/client-message.ts";
import type { StreamWord } from "../../../src/protocol/streams/server-message.ts";
import type { SymbolName } from "../../../src/protocol/words/symbol.ts";
import type { Cursor } from "../../../src/protocol/words/time.ts";
import { metrics } from "../../../src/telemetry/metrics.ts";
import type { MessageRate } from "../../room/viewers/messages/client-message.ts";
import type { Renewal, StreamSocket } from "../streams-ports.ts";
import { type RoomReader, readerOf } from "./room-reader.ts";
import type { SavedStream, StreamAttachment } from "./saved-stream.ts";
import { Seat, type SeatOwner } from "./seat.ts";
import { SeatTurns } from "./seat-turns.ts";
import { StreamOutput } from "./stream-output.ts";
import { errorOf, NOW, ofId, type Place, placeOfEntry, symbolOfEntry } from "./stream-words.ts";
import { covers, type EntryFault, forbidden, Watched } from "./watched.ts";

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
/** Rooms that are asked for at once. */
const JOINS_AT_ONCE = 32;

/** One socket over many rooms. */
export class Stream implements SeatOwner {
  readonly id: number;
  readonly socket: StreamSocket;
  readonly messages: MessageRate;
  terms: StreamTerms;
  heardMs: number;
  #savedHeardMs: number;
  errorChars = 0;
  readonly #deps: StreamDeps;
  readonly #output: StreamOutput;
  /** Seats that had to wait. */
  readonly #turns: SeatTurns;
  readonly #watched: Watched;
  readonly #reader: RoomReader;
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
    const { windowChars, wait, keepAwake } = deps;
    this.#output = new StreamOutput(
      {
        windowChars,
        send: (text) => this.#send(text),
        mustFlush: () => deps.mustFlush(this),
        changed: () => deps.changed(this),
      },
      slept?.attachment.window,
    );
    this.#turns = new SeatTurns({
      mayNot: () => this.#isOver || this.isFull,
      goOn: (seat) => deps.goOn(seat),
      ...{ wait, keepAwake },
    });
    this.#watched = new Watched(slept?.saved);
    this.#reader = readerOf(terms.channels);
    // A sleep makes nobody heard: an alarm that wakes the object comes to see who has been silent.
    this.#savedHeardMs = Math.min(slept?.attachment.heardAtMs ?? deps.nowMs(), deps.nowMs());
    this.heardMs = this.#savedHeardMs;
    const behind = new Map(slept?.attachment.behind);
    for (const symbol of slept?.saved.rooms ?? []) {
      const phase = behind.get(symbol) ?? { kind: "live" };
      this.#watched.seats.set(symbol, new Seat(symbol, this, phase));
    }
  }

  get seats(): Iterable<Seat> {
    return this.#watched.seats.values();
  }

  get rooms(): number {
    return this.#watched.rooms;
  }

  /** The same for streams with the same rooms. */
  get roomsKey(): string {
    this.#roomsKey ??= [...this.#watched.seats.keys()].sort().join(",");
    return this.#roomsKey;
  }

  /** It has been sent as much as it may before it acknowledges something. */
  get isFull(): boolean {
    return this.#output.isFull;
  }

  get hasPatterns(): boolean {
    return this.#watched.patterns.size > 0;
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

  /** Its client was heard. True where a sleep would make it look silent too early, so that it has to be saved. */
  heard(nowMs: number): boolean {
    this.heardMs = nowMs;
    return Math.abs(nowMs - this.#savedHeardMs) >= HEARTBEAT_MS;
  }

  save(): { saved: SavedStream; attachment: StreamAttachment } {
    const behind: StreamAttachment["behind"] = [];
    for (const { symbol, phase } of this.#watched.seats.values()) {
      if (phase?.kind === "replaying") behind.push([symbol, phase]);
    }
    this.#savedHeardMs = this.heardMs;
    return {
      saved: {
        ...this.terms,
        rooms: [...this.#watched.seats.keys()],
        patterns: [...this.#watched.patterns],
        left: [...this.#watched.left],
      },
      attachment: { id: this.id, window: this.#output.save(), heardAtMs: this.heardMs, behind },
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
    if (!this.#output.acknowledge(messages)) {
      this.close("acknowledgedUnsent");
      return;
    }
    this.#deps.changed(this);
    if (this.terms.mode === "latest") this.#deps.acknowledged(this);
    else this.#turns.begin();
  }

  /** What was asked for is answered first; then each room speaks for itself, and what cannot be watched is an error of its own. */
  async subscribe(entries: readonly StreamEntry[], id?: StreamRequestId): Promise<void> {
    const patterns: string[] = [];
    const places = new Map<SymbolName, Place>();
    const errors: EntryFault[] = [];
    let { free } = this.#watched;
    for (const entry of entries) {
      const fault = this.#watched.faultOf(entry, places, free, this.terms);
      if (fault !== null) {
        errors.push(fault);
        continue;
      }
      free -= 1;
      if (typeof entry === "string" && isPattern(entry)) patterns.push(entry);
      else places.set(symbolOfEntry(entry), placeOfEntry(entry));
    }
    const nowUs = (this.#deps.nowMs() * 1_000) as Cursor;
    for (const pattern of patterns) this.#watched.patterns.set(pattern, nowUs);
    for (const symbol of places.keys()) this.#watched.left.delete(symbol);
    this.#deps.changed(this);
    this.say({ type: "subscribed", ...ofId(id), symbols: [...places.keys()], patterns });
    for (const error of errors) this.say({ type: "error", ...ofId(id), ...error });
    await this.#joinAll([...places], id);
    if (patterns.length > 0) await this.match(patterns, id);
  }

  /** The object has lost from memory what its rooms had: each begins anew. */
  rejoin(): void {
    const { seats } = this.#watched;
    const places = [...seats.keys()].map((symbol) => [symbol, NOW] as const);
    seats.clear();
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
    if (!this.hasPatterns) return;
    const places: [SymbolName, Place][] = [];
    for (const symbol of symbols) {
      const since = this.#wants(symbol) ? this.#watched.sinceOf(symbol) : null;
      if (since !== null) places.push([symbol, { since, log: null }]);
    }
    if (places.length === 0) return;
    const free = this.#free(places.length, [...this.#watched.patterns.keys()]);
    this.#deps.keepAwake(this.#joinAll(places.slice(0, free)));
  }

  #wants(symbol: SymbolName): boolean {
    return this.#watched.isNewTo(symbol) && covers(this.terms, symbol);
  }

  /** How many rooms more it may have; says so where that are less than it wants. */
  #free(wanted: number, patterns: readonly string[], id?: StreamRequestId): number {
    const { free } = this.#watched;
    if (wanted > free) {
      this.say({
        ...{ type: "error", ...ofId(id), symbol: patterns.join(","), code: "too_many_symbols" },
        message: `matches ${wanted - free} symbols more than the ${MOST_STREAM_SYMBOLS} that one stream may have`,
      });
    }
    return free;
  }

  async #joinAll(
    places: readonly (readonly [SymbolName, Place])[],
    id?: StreamRequestId,
  ): Promise<void> {
    const seats = places.map(([symbol, place]) => ({ seat: new Seat(symbol, this), place }));
    for (const { seat } of seats) this.#watched.joining.set(seat.symbol, seat);
    await fewAtOnce(seats, ({ seat, place }) => this.#join(seat, place, id), JOINS_AT_ONCE);
  }

  async #join(seat: Seat, place: Place, id?: StreamRequestId): Promise<void> {
    const { symbol } = seat;
    // It may have been let go again before its turn came.
    const { joining } = this.#watched;
    if (joining.get(symbol) !== seat) return;
    const refusal = await this.#deps.join(this, seat, place);
    if (refusal !== null) {
      if (joining.get(symbol) === seat) joining.delete(symbol);
      this.say(errorOf(refusal, symbol, id));
    }
  }

  /** May the room let the seat in? It may have gone meanwhile. */
  enters(seat: Seat): boolean {
    const { joining, seats } = this.#watched;
    if (this.#isOver || joining.get(seat.symbol) !== seat) return false;
    joining.delete(seat.symbol);
    seats.set(seat.symbol, seat);
    this.#roomsKey = null;
    this.#deps.changed(this);
    return true;
  }

  #unsubscribe(names: readonly string[], id?: StreamRequestId): void {
    const symbols: SymbolName[] = [];
    const patterns: string[] = [];
    for (const name of names) {
      if (isPattern(name) && this.#watched.patterns.delete(name)) {
        patterns.push(name);
        for (const symbol of this.#watched.symbols) {
          if (matchesGlob(name, symbol) && this.#letGo(symbol)) symbols.push(symbol);
        }
        continue;
      }
      const symbol = symbolOfEntry(name);
      if (this.#letGo(symbol)) {
        this.#watched.left.add(symbol);
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
    const { joining, seats } = this.#watched;
    if (joining.delete(symbol)) return true;
    const seat = seats.get(symbol);
    if (seat === undefined) return false;
    seats.delete(symbol);
    this.#turns.drop(seat);
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
    for (const symbol of this.#watched.symbols) {
      if (covers(this.terms, symbol) || !this.#letGo(symbol)) continue;
      this.#watched.left.add(symbol);
      this.say({ type: "error", ...forbidden(symbol) });
    }
  }

  // What a seat is told.

  hear(seat: Seat, text: string): void {
    const { symbol } = seat;
    // It may have been let go while its room let it in.
    if (this.#watched.seats.get(symbol) !== seat) return;
    const told = this.#reader.read(symbol, text);
    if (told !== null) this.put(told);
  }

  mustWait(seat: Seat): boolean {
    const { isFull } = this;
    if (!isFull && (seat.isLive || seat.turnChars < TURN_CHARS)) return false;
    this.#turns.add(seat);
    if (!isFull) this.#turns.begin();
    return true;
  }

  /** A room that goes away is told, and the others stay. What is wrong with the socket ends all of them. */
  ended(seat: Seat, code: number, reason: string): void {
    const { seats, left } = this.#watched;
    if (seats.get(seat.symbol) !== seat) return;
    seats.delete(seat.symbol);
    this.#turns.drop(seat);
    if (code !== CLOSE_CODES.goingAway.code) {
      this.#end(code, reason);
      return;
    }
    left.add(seat.symbol);
    this.#deps.changed(this);
    this.say({ type: "closed", symbol: seat.symbol, code, reason });
  }

  // What its client is told.

  say(word: StreamWord): void {
    this.put(JSON.stringify(word));
  }

  /** A message in its text. */
  put(text: string): void {
    if (!this.#isOver) this.#output.put(text);
  }

  pong(): void {
    this.#send(PONG);
  }

  /** Sends what has gathered. Nothing is sent once its token has ended (SPEC A-4). */
  flush(): void {
    if (!this.hasEnded) {
      this.#output.flush();
      return;
    }
    this.#output.drop();
    this.close("tokenExpired");
  }

  get hasEnded(): boolean {
    const { expiresAtMs } = this.terms;
    return expiresAtMs !== null && this.#deps.nowMs() >= expiresAtMs;
  }

  #send(text: string): boolean {
    try {
      this.socket.send(text);
    } catch {
      // The socket closed and its close event is still on the way.
      this.left();
    }
    return !this.#isOver;
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
    this.#watched.joining.clear();
    this.#turns.clear();
    for (const seat of this.seats) this.#deps.leave(this, seat);
    this.#watched.seats.clear();
    this.#deps.gone(this);
  }
}
