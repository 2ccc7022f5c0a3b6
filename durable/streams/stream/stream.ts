import type { JoinRefusal } from "../../../src/bindings/host.ts";
import type { StreamTerms } from "../../../src/bindings/streams.ts";
import { CLOSE_CODES, type CloseReason } from "../../../src/protocol/socket/close-codes.ts";
import { HEARTBEAT_MS, PONG } from "../../../src/protocol/socket/heartbeat.ts";
import {
  MOST_STREAM_SYMBOLS,
  type StreamClientMessage,
  type StreamRequestId,
} from "../../../src/protocol/streams/client-message.ts";
import type { StreamWord } from "../../../src/protocol/streams/server-message.ts";
import type { SymbolName } from "../../../src/protocol/words/symbol.ts";
import { metrics } from "../../../src/telemetry/metrics.ts";
import type { MessageRate } from "../../room/viewers/messages/client-message.ts";
import type { NameSets } from "../latest/name-sets.ts";
import { SharedSeats } from "../latest/shared-seats.ts";
import type { Renewal, StreamSocket } from "../streams-ports.ts";
import { type RoomReader, readerOf } from "./room-reader.ts";
import type { SavedStream, StreamAttachment } from "./saved-stream.ts";
import type { Seat, SeatOwner } from "./seat.ts";
import { SeatTurns } from "./seat-turns.ts";
import { type Packed, StreamOutput } from "./stream-output.ts";
import { StreamRooms } from "./stream-rooms.ts";
import { ofId, type Place } from "./stream-words.ts";

export interface StreamDeps {
  windowChars: number;
  /** Of all streams of the place. */
  nameSets: NameSets;
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

/** One socket over many rooms. */
export class Stream implements SeatOwner {
  readonly id: number;
  readonly socket: StreamSocket;
  readonly messages: MessageRate;
  readonly rooms: StreamRooms;
  /** Its rooms where it is one of `latest`; null: it sits in each itself. */
  readonly shared: SharedSeats | null;
  terms: StreamTerms;
  heardMs: number;
  #savedHeardMs: number;
  errorChars = 0;
  readonly #deps: StreamDeps;
  readonly #output: StreamOutput;
  /** Seats that had to wait. */
  readonly #turns: SeatTurns;
  readonly #reader: RoomReader;
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
        send: (message) => this.#send(message),
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
    this.shared = terms.mode === "latest" ? new SharedSeats(deps.nameSets, this) : null;
    this.rooms = new StreamRooms(
      {
        terms: () => this.terms,
        owner: this,
        seats: this.shared ?? new Map(),
        isOver: () => this.#isOver,
        join: (seat, place) => deps.join(this, seat, place),
        leave: (seat) => this.#leave(seat),
        namesOf: (patterns) => deps.namesOf(patterns),
        say: (word) => this.say(word),
        changed: () => deps.changed(this),
        ...{ nowMs: deps.nowMs, keepAwake },
      },
      slept,
    );
    this.#reader = readerOf(terms.channels);
    // A sleep makes nobody heard: an alarm that wakes the object comes to see who has been silent.
    this.#savedHeardMs = Math.min(slept?.attachment.heardAtMs ?? deps.nowMs(), deps.nowMs());
    this.heardMs = this.#savedHeardMs;
  }

  /** It has been sent as much as it may before it acknowledges something. */
  get isFull(): boolean {
    return this.#output.isFull;
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
    for (const { symbol, phase } of this.rooms.seats) {
      if (phase?.kind === "replaying") behind.push([symbol, phase]);
    }
    this.#savedHeardMs = this.heardMs;
    return {
      saved: { ...this.terms, ...this.rooms.save() },
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
        this.#deps.keepAwake(this.rooms.subscribe(message.symbols, message.id));
        return;
      case "unsubscribe":
        this.rooms.unsubscribe(message.symbols, message.id);
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
    this.rooms.keepCovered();
  }

  // What a seat is told.

  hear(seat: Seat, text: string): void {
    if (!this.rooms.has(seat)) return;
    const told = this.#reader.read(seat.symbol, text);
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
    if (!this.rooms.has(seat)) return;
    this.rooms.hasGone(seat);
    this.#turns.drop(seat);
    if (code !== CLOSE_CODES.goingAway.code) {
      this.#end(code, reason);
      return;
    }
    this.#deps.changed(this);
    this.say({ type: "closed", symbol: seat.symbol, code, reason });
  }

  // What its client is told.

  say(word: StreamWord): void {
    this.put(JSON.stringify(word));
  }

  /** A message in its text, or one that is being packed: then `flushSoon` says when it is. */
  put(message: string | Packed): void {
    if (!this.#isOver) this.#output.put(message);
  }

  /** There is something to send: what was put is packed now. */
  flushSoon(): void {
    if (!this.#isOver) this.#deps.mustFlush(this);
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

  #send(message: string | ArrayBuffer): boolean {
    try {
      this.socket.send(message);
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
    this.#turns.clear();
    this.#deps.gone(this);
    this.rooms.leaveAll();
  }

  #leave(seat: Seat): void {
    this.#turns.drop(seat);
    this.#deps.leave(this, seat);
  }
}
