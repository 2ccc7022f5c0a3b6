import type { JoinRefusal } from "../../src/bindings/host.ts";
import type { FeedAnswer, RelayFeed } from "../../src/bindings/relay.ts";
import type { HostName } from "../../src/core/placement/placement.ts";
import { relayOfStreams } from "../../src/core/placement/relaying.ts";
import type { LiveBar } from "../../src/protocol/socket/server-message.ts";
import type { SymbolName } from "../../src/protocol/words/symbol.ts";
import type { Cursor } from "../../src/protocol/words/time.ts";
import { RelayCore } from "../relay/relay-core.ts";
import { attachmentOf, type Seat } from "./stream/seat.ts";
import type { Place } from "./stream/stream-words.ts";
import type { StreamRows } from "./stream-rows.ts";
import type { StreamsPorts, StreamsSettings } from "./streams-ports.ts";

/** The rooms of streams: for each host a relay of it, in which each stream has a seat a room. */
export class HostRelays {
  readonly #settings: StreamsSettings;
  readonly #ports: StreamsPorts;
  readonly #rows: StreamRows;
  readonly #relays = new Map<HostName, RelayCore>();

  /** `asleep`: seats that slept with the object. */
  constructor(
    settings: StreamsSettings,
    ports: StreamsPorts,
    rows: StreamRows,
    asleep: Iterable<Seat>,
  ) {
    this.#settings = settings;
    this.#ports = ports;
    this.#rows = rows;
    const byHost = Map.groupBy(asleep, ({ symbol }) => ports.hostOf(symbol));
    for (const [host, seats] of byHost) this.#begin(host, seats);
  }

  /** The newest cursor that has been fed of any room. */
  get head(): Cursor {
    let head = 0;
    for (const relay of this.#relays.values()) head = Math.max(head, relay.head);
    return head as Cursor;
  }

  /** Seats in all rooms. */
  get seats(): number {
    let seats = 0;
    for (const relay of this.#relays.values()) seats += relay.viewers;
    return seats;
  }

  feed(host: HostName, feed: RelayFeed): FeedAnswer {
    return this.#of(host).feed(feed);
  }

  /** Brings a seat into its room; `enters`: is it still wanted there? */
  async join(
    seat: Seat,
    { since, log }: Place,
    enters: () => boolean,
  ): Promise<JoinRefusal | null> {
    const { symbol } = seat;
    const relay = this.#of(this.#ports.hostOf(symbol));
    // Who it is counts for the stream, and not again in each of its rooms.
    const who = { viewerKey: null, expiresAtMs: null, namesProtocol: false, correlationId: "" };
    let isWanted = true;
    const refusal = await relay.join({ symbol, since, log, ...who }, () => {
      isWanted = enters();
      return seat;
    });
    if (!isWanted) relay.left(symbol, seat);
    return refusal;
  }

  leave(seat: Seat): void {
    this.#of(this.#ports.hostOf(seat.symbol)).left(seat.symbol, seat);
  }

  barOf(symbol: SymbolName): LiveBar | null {
    return this.#of(this.#ports.hostOf(symbol)).barOf(symbol);
  }

  goOn(seat: Seat): void {
    this.#of(this.#ports.hostOf(seat.symbol)).goOn(seat.symbol, seat);
  }

  sayGoodbye(): void {
    for (const relay of this.#relays.values()) relay.sayGoodbye();
  }

  async alarm(): Promise<void> {
    for (const relay of this.#relays.values()) await relay.alarm();
  }

  #of(host: HostName): RelayCore {
    return this.#relays.get(host) ?? this.#begin(host, []);
  }

  #begin(host: HostName, asleep: readonly Seat[]): RelayCore {
    const { name, feeding, clock, ...ports } = this.#ports;
    const nowMs = clock.nowMs();
    const seats = asleep.map((seat) => {
      const phase = seat.phase ?? ({ kind: "live" } as const);
      return [seat.symbol, seat, attachmentOf(phase, nowMs)] as const;
    });
    const relay = new RelayCore(
      this.#settings,
      {
        ...{ ...ports, clock, name: relayOfStreams(name, host), host: feeding(host) },
        rowId: this.#rows.hostId(host),
        // The streams look after their sockets.
        sockets: () => [],
        closingSockets: () => 0,
        setAutoResponse: () => undefined,
      },
      seats,
    );
    this.#relays.set(host, relay);
    return relay;
  }
}
