import type { JoinRefusal } from "../../src/bindings/host.ts";
import type { FeedAnswer, RelayFeed } from "../../src/bindings/relay.ts";
import type { StreamRequest } from "../../src/bindings/streams.ts";
import type { HostName } from "../../src/core/placement/placement.ts";
import { CLOSE_CODES } from "../../src/protocol/socket/close-codes.ts";
import { ROOM_SILENCE_MS } from "../../src/protocol/socket/heartbeat.ts";
import { streamClientMessageSchema } from "../../src/protocol/streams/client-message.ts";
import type { SymbolName } from "../../src/protocol/words/symbol.ts";
import type { Cursor } from "../../src/protocol/words/time.ts";
import { nextAlarmMs } from "../host/alarm-time.ts";
import { ConnectLimit } from "../room/viewers/door/connect-limit.ts";
import { Holders } from "../room/viewers/door/holders.ts";
import { PingWatch } from "../room/viewers/door/ping-watch.ts";
import { readMessage } from "../room/viewers/messages/client-message.ts";
import { Flushes } from "./flushes.ts";
import { HostRelays } from "./host-relays.ts";
import { KnownNames } from "./known-names.ts";
import { LatestStreams } from "./latest/latest-streams.ts";
import { NameSets } from "./latest/name-sets.ts";
import type { StreamAttachment } from "./stream/saved-stream.ts";
import { Stream, type StreamDeps } from "./stream/stream.ts";
import { StreamRows } from "./stream-rows.ts";
import type { StreamSocket, StreamsPorts, StreamsSettings } from "./streams-ports.ts";

const FULL_RETRY_S = 10;
/** Nothing has moved for so long: what is to outlive the object's memory is written down, for it may sleep then. */
const QUIET_MS = 1_000;
/** So often the hosts are asked for names that nobody has told. */
const LOOK_EVERY_MS = 60_000;
/** Seats in the rooms of all streams, and names that those of `latest` share: the memory that they take is bounded by it. */
const MOST_SEATS = 100_000;

type Slept = readonly [SymbolName, StreamSocket, StreamAttachment];

/**
 * The streams of a place: sockets over many rooms, of whatever hosts, put together over ports. To each host it is a relay. One of these
 * is one waking life.
 */
export class StreamsCore {
  readonly #ports: StreamsPorts;
  readonly #settings: StreamsSettings;
  readonly #rows: StreamRows;
  readonly #names: KnownNames;
  readonly #nameSets = new NameSets();
  readonly #relays: HostRelays;
  readonly #latest: LatestStreams;
  readonly #streams = new Map<StreamSocket, Stream>();
  readonly #holders = new Holders();
  readonly #connects: ConnectLimit;
  readonly #pings: PingWatch;
  readonly #flushes: Flushes<Stream>;
  /** Those of which something is to be written down. */
  readonly #unsaved = new Set<Stream>();
  #hasMoved = false;
  #isSaving = false;
  #lookedAtMs: number | null = null;

  /** `asleep`: the sockets that slept with the object. */
  constructor(settings: StreamsSettings, ports: StreamsPorts, asleep: Iterable<Slept>) {
    this.#settings = settings;
    this.#ports = ports;
    this.#rows = new StreamRows(ports.sql);
    this.#names = new KnownNames(ports);
    this.#connects = new ConnectLimit(settings.limits.LIMIT_CONNECTS_PER_MINUTE);
    const { nowMs, wait } = ports.clock;
    const keepAwake = (work: Promise<void>) => ports.keepAwake(work);
    const setAutoResponse = (isOn: boolean) => ports.setAutoResponse(isOn);
    this.#pings = new PingWatch({ setAutoResponse, nowMs, wait, keepAwake });
    this.#flushes = new Flushes({ nowMs, wait, keepAwake });
    this.#wake(asleep);
    const streams = [...this.#streams.values()];
    const seats = streams
      .filter((stream) => !isLatest(stream))
      .flatMap((stream) => [...stream.rooms.seats]);
    this.#relays = new HostRelays(settings, ports, this.#rows, seats);
    this.#latest = new LatestStreams({
      join: (seat, enters) => this.#relays.join(seat, { since: null, log: null }, enters),
      leave: (seat) => this.#relays.leave(seat),
      barOf: (symbol) => this.#relays.barOf(symbol),
      pack: ports.pack,
      ...{ nowMs, wait, keepAwake },
    });
    for (const stream of streams.filter(isLatest)) stream.rooms.rejoin();
  }

  /** Streams that are here. */
  get viewers(): number {
    return this.#streams.size;
  }

  /** The newest cursor that has been fed of any room. */
  get head(): Cursor {
    return this.#relays.head;
  }

  /** See `StreamsCalls`. */
  feedOf(host: HostName, feed: RelayFeed): FeedAnswer {
    const answer = this.#relays.feed(host, feed);
    if (feed.born === undefined) return answer;
    this.#names.met(host, feed.born);
    for (const stream of this.#streams.values()) stream.rooms.meet(feed.born);
    if (this.#hasPatterns) return answer;
    // The host forgets that names were asked for, and so must they be asked for again.
    this.#names.notTold();
    return { ...answer, ignoresNames: true };
  }

  /** A stream begins, if it may; `accept` makes its socket. */
  async join(request: StreamRequest, accept: () => StreamSocket): Promise<JoinRefusal | null> {
    const refusal = this.#refusalOf(request);
    if (refusal !== null) return refusal;
    const { entries, mode, hz, isPacked, channels, symbols, viewerKey, expiresAtMs } = request;
    const socket = accept();
    const terms = { mode, hz, isPacked, channels, symbols, viewerKey, expiresAtMs };
    const stream = this.#begin({ id: this.#rows.nextId(), socket, terms });
    // The platform has an attachment of each socket from the beginning.
    this.#save(stream);
    stream.greet();
    if (entries.length > 0) this.#ports.keepAwake(stream.rooms.subscribe(entries));
    this.#armAlarm();
    return null;
  }

  /** A client said something. */
  heard(_: SymbolName, socket: StreamSocket, data: string | ArrayBuffer): void {
    const stream = this.#streams.get(socket);
    if (stream === undefined) return;
    if (stream.hasEnded) {
      stream.close("tokenExpired");
      return;
    }
    const { limits, streamWindow } = this.#settings;
    const nowMs = this.#ports.clock.nowMs();
    if (stream.heard(nowMs)) this.#changed(stream);
    const bounds = {
      messageBytes: limits.LIMIT_MESSAGE_BYTES,
      messagesPerSecond: limits.LIMIT_MESSAGES_PER_SECOND,
    };
    const reading = readMessage(streamClientMessageSchema, stream.messages, data, bounds, nowMs);
    switch (reading.kind) {
      case "message":
        stream.take(reading.message);
        break;
      case "ping":
        stream.pong();
        break;
      case "bad":
        stream.errorChars += reading.why.length;
        if (stream.errorChars > streamWindow) stream.close("tooManyMessages");
        else stream.say({ type: "error", code: "bad_message", message: reading.why });
        break;
      case "too_large":
        stream.close("messageTooLarge");
        break;
      case "too_many":
        stream.close("tooManyMessages");
        break;
      default:
        reading satisfies never;
    }
  }

  /** A socket closed or failed. */
  left(_: SymbolName, socket: StreamSocket): void {
    this.#streams.get(socket)?.left();
  }

  /** The runtime is about to be replaced: whoever is here is to come back. */
  sayGoodbye(): void {
    for (const stream of this.#streams.values()) stream.close("goingAway");
    this.#relays.sayGoodbye();
  }

  /** Looks after silent clients, tokens that end, the rooms of each host, and names that nobody told. */
  async alarm(): Promise<void> {
    const { clock, sockets } = this.#ports;
    const nowMs = clock.nowMs();
    this.#pings.look(sockets());
    for (const [socket, stream] of this.#streams) {
      stream.heardMs = Math.max(Math.min(stream.heardMs, nowMs), socket.pingedMs() ?? 0);
      if (stream.hasEnded) stream.close("tokenExpired");
      else if (nowMs - stream.heardMs >= ROOM_SILENCE_MS) stream.close("silent");
    }
    await this.#relays.alarm();
    const isDue =
      this.#lookedAtMs === null
        ? nowMs % LOOK_EVERY_MS < ROOM_SILENCE_MS
        : Math.abs(nowMs - this.#lookedAtMs) >= LOOK_EVERY_MS;
    if (isDue && this.#hasPatterns) {
      this.#lookedAtMs = nowMs;
      this.#ports.keepAwake(this.#lookForNames());
    }
    this.#armAlarm();
  }

  get #hasPatterns(): boolean {
    return [...this.#streams.values()].some((stream) => stream.rooms.hasPatterns);
  }

  /** Every stream that slept is here again, and each of its seats; what nobody knows any more is to come back. */
  #wake(asleep: Iterable<Slept>): void {
    const ids = new Set<number>();
    for (const [, socket, attachment] of asleep) {
      const saved = this.#rows.read(attachment.id);
      if (saved === null) {
        const { code, reason } = CLOSE_CODES.goingAway;
        socket.close(code, reason);
        continue;
      }
      ids.add(attachment.id);
      this.#begin({ id: attachment.id, socket, terms: saved }, { saved, attachment });
    }
    this.#rows.keepOnly(ids);
  }

  #begin(
    { id, socket, terms }: Pick<Stream, "id" | "socket" | "terms">,
    slept: ConstructorParameters<typeof Stream>[2] = null,
  ): Stream {
    const messages = this.#holders.enter(terms.viewerKey, this.#ports.clock.nowMs());
    const stream = new Stream({ id, socket, terms, messages }, this.#deps, slept);
    this.#streams.set(socket, stream);
    return stream;
  }

  get #deps(): StreamDeps {
    const { clock, renew, keepAwake } = this.#ports;
    return {
      windowChars: this.#settings.streamWindow,
      nameSets: this.#nameSets,
      join: (stream, seat, place) =>
        isLatest(stream)
          ? this.#latest.follow(stream, seat)
          : this.#relays.join(seat, place, () => stream.rooms.enters(seat)),
      leave: (stream, seat) => {
        if (isLatest(stream)) this.#latest.unfollow(stream, seat.symbol);
        else this.#relays.leave(seat);
      },
      acknowledged: (stream) => this.#latest.goOn(stream),
      goOn: (seat) => this.#relays.goOn(seat),
      namesOf: (patterns) => this.#namesOf(patterns),
      renew: (token) => renew(token, clock.nowMs()),
      mustFlush: (stream) => this.#flushes.add(stream),
      changed: (stream) => this.#changed(stream),
      gone: (stream) => this.#gone(stream),
      ...{ nowMs: clock.nowMs, wait: clock.wait },
      keepAwake: (work) => keepAwake(work),
    };
  }

  #refusalOf({ viewerKey }: StreamRequest): JoinRefusal | null {
    const { LIMIT_VIEWERS, LIMIT_SOCKETS_PER_VIEWER } = this.#settings.limits;
    const isFull = LIMIT_VIEWERS > 0 && this.#streams.size >= LIMIT_VIEWERS;
    if (isFull || this.#relays.seats + this.#nameSets.size >= MOST_SEATS) {
      return { kind: "refused", reason: "full", retryAfterS: FULL_RETRY_S };
    }
    const sockets = this.#holders.socketsOf(viewerKey);
    if (LIMIT_SOCKETS_PER_VIEWER > 0 && sockets >= LIMIT_SOCKETS_PER_VIEWER) {
      return { kind: "refused", reason: "sockets", retryAfterS: FULL_RETRY_S };
    }
    const nowMs = this.#ports.clock.nowMs();
    const retryAfterS = viewerKey === null ? null : this.#connects.admit(viewerKey, nowMs);
    return retryAfterS === null ? null : { kind: "refused", reason: "connects", retryAfterS };
  }

  #gone(stream: Stream): void {
    this.#streams.delete(stream.socket);
    this.#holders.leave(stream.terms.viewerKey);
    this.#flushes.drop(stream);
    this.#latest.forget(stream);
    this.#unsaved.delete(stream);
    this.#rows.forget(stream.id);
    if (stream.rooms.hasPatterns && !this.#hasPatterns) {
      this.#ports.keepAwake(this.#names.forget().catch(() => undefined));
    }
  }

  /** Where the hosts cannot be asked there are none now: the next look finds them. */
  async #namesOf(patterns: readonly string[]): Promise<SymbolName[]> {
    try {
      return await this.#names.matching(patterns);
    } catch (error) {
      this.#ports.logger.debug("names_not_read", { detail: String(error) });
      return [];
    }
  }

  async #lookForNames(): Promise<void> {
    try {
      await this.#names.read();
    } catch (error) {
      this.#ports.logger.debug("names_not_read", { detail: String(error) });
    }
    const names = this.#names.all();
    for (const stream of this.#streams.values()) stream.rooms.meet(names);
  }

  /** What has changed is written down when nothing more does: before that the object cannot sleep. */
  #changed(stream: Stream): void {
    this.#unsaved.add(stream);
    this.#hasMoved = true;
    if (this.#isSaving) return;
    this.#isSaving = true;
    this.#ports.keepAwake(this.#saveWhenQuiet());
  }

  async #saveWhenQuiet(): Promise<void> {
    while (this.#hasMoved) {
      this.#hasMoved = false;
      await this.#ports.clock.wait(QUIET_MS);
    }
    this.#isSaving = false;
    for (const stream of this.#unsaved) this.#save(stream);
    this.#unsaved.clear();
    this.#armAlarm();
  }

  #save(stream: Stream): void {
    const { saved, attachment } = stream.save();
    this.#rows.save(stream.id, saved);
    stream.socket.saveAttachment(attachment);
  }

  #armAlarm(): void {
    const { clock, alarm, closingSockets } = this.#ports;
    if (this.#streams.size === 0 && closingSockets() === 0) return;
    const nowMs = clock.nowMs();
    let dueMs = nowMs + ROOM_SILENCE_MS;
    for (const { terms } of this.#streams.values()) {
      dueMs = Math.min(dueMs, terms.expiresAtMs ?? Number.POSITIVE_INFINITY);
    }
    const isClosing = closingSockets() > 0;
    const atMs = nextAlarmMs({ nowMs, armedAtMs: alarm.atMs(), outboxBytes: 0, isClosing, dueMs });
    if (atMs !== null) alarm.set(atMs);
  }
}

function isLatest({ terms }: Stream): boolean {
  return terms.mode === "latest";
}
