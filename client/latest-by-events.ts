import { Channels } from "../src/core/streams/channels.ts";
import { LatestRoom } from "../src/core/streams/latest-room.ts";
import type { TapeEvent } from "../src/protocol/events/event.ts";
import { mayReturn } from "../src/protocol/socket/close-codes.ts";
import { HEARTBEAT_MS, PING } from "../src/protocol/socket/heartbeat.ts";
import { DEFAULT_HZ } from "../src/protocol/streams/latest-limits.ts";
import type { SymbolName } from "../src/protocol/words/symbol.ts";
import { backoffMs } from "./backoff.ts";
import { decode } from "./decode.ts";
import type { SocketLike, TapeDeps } from "./deps.ts";
import { eventSocket } from "./event-socket.ts";
import { ABNORMAL_CLOSURE } from "./late-socket.ts";
import type { LatestStreamOptions, Refusal } from "./latest-stream.ts";
import { roomUrls } from "./room-urls.ts";
import type { Received } from "./state.ts";
import type { Token } from "./token.ts";

/** A room that says nothing for so long is asked for anew: the server says something each 10 s, in ms. */
const SILENCE_MS = 30_000;
/** A room is asked for anew after so long, in ms, so that a token that was renewed counts. */
const LIFE_MS = 1_800_000;
const NO_PLACE = { cursor: null, log: null };

export interface LatestByEvents {
  /** Some room has told its values, and goes on. */
  isLive(): boolean;
  close(): void;
}

/** Who uses them. */
export interface EventsUse {
  /** `isLive` may be another. */
  changed(): void;
  /** The server has said that whoever asks must not come back, as it closes a socket. */
  ended(code: number, reason: string): void;
}

interface FollowedRoom {
  symbol: string;
  values: LatestRoom;
  /** What has been told of it: the number of the change, and of the events. */
  toldSeq: number;
  toldCount: number;
  socket: SocketLike | null;
  isLive: boolean;
  heardMs: number;
  failures: number;
  cancelTimer: () => void;
}

/**
 * The last values of some rooms, named as symbols are, each by server-sent events of its own (SPEC ST-11), as a stream would tell them. A room that comes back begins
 * with its snapshot, so nothing that was missed meanwhile is missing.
 */
export function openLatestByEvents(
  options: Omit<LatestStreamOptions, "onStatus">,
  deps: TapeDeps,
  use: EventsUse,
): LatestByEvents {
  const { baseUrl, token, symbols, hz = DEFAULT_HZ, onLatest, onRefused } = options;
  const channels = options.channels === undefined ? null : new Channels(options.channels);
  let seq = 0;
  let isClosed = false;
  let cancelTelling: (() => void) | null = null;
  const rooms = symbols.map(
    (symbol): FollowedRoom => ({
      ...{ symbol, values: new LatestRoom(), toldSeq: 0, toldCount: 0 },
      ...{ socket: null, isLive: false, heardMs: 0, failures: 0, cancelTimer: () => {} },
    }),
  );
  for (const room of rooms) {
    room.values.count(channels);
    connect(room);
  }
  return {
    isLive: () => rooms.some(({ isLive }) => isLive),
    close() {
      isClosed = true;
      cancelTelling?.();
      for (const room of rooms) letGo(room);
    },
  };

  function connect(room: FollowedRoom): void {
    const url = roomUrls(baseUrl, room.symbol).events(NO_PLACE);
    const socket = eventSocket(url, token, LIFE_MS, deps);
    room.socket = socket;
    room.heardMs = deps.nowMs();
    socket.onmessage = ({ data }) => take(room, decode(data));
    socket.onclose = ({ code, reason }) => ended(room, code, reason);
    beatLater(room);
  }

  function take(room: FollowedRoom, received: Received): void {
    room.heardMs = deps.nowMs();
    if (received.kind === "broken") ended(room, ABNORMAL_CLOSURE, "");
    if (received.kind !== "delivery") return;
    const { message } = received;
    seq += 1;
    switch (message.type) {
      case "snapshot":
        room.values.begin(message, seq);
        room.failures = 0;
        if (!room.isLive) {
          room.isLive = true;
          use.changed();
        }
        break;
      case "events":
        room.values.take(message.events, message.cursor, seq);
        break;
      case "bar":
        room.values.closeBar(message, seq);
        break;
      // After a gap a snapshot follows.
      case "gap":
      case "caught_up":
      case "error":
        return;
      default:
        message satisfies never;
    }
    tellLater(1_000 / hz);
  }

  function tellLater(delayMs: number): void {
    cancelTelling ??= deps.setTimer(() => {
      cancelTelling = null;
      tellAll();
    }, delayMs);
  }

  function tellAll(): void {
    const changed = rooms.flatMap((room) => {
      const told = changesOf(room);
      return told === null ? [] : [{ room, told }];
    });
    if (changed.length === 0) return;
    const skipped = changed.reduce((sum, { told }) => sum + told.skipped, 0);
    try {
      onLatest({ type: "latest", rooms: changed.map(({ told }) => told.room), skipped });
    } catch (error) {
      deps.report(error);
      // The same, and what has changed until then.
      if (!isClosed) tellLater(backoffMs(1, deps.random()));
      return;
    }
    for (const { room, told } of changed) {
      room.toldSeq = told.seq;
      room.toldCount = told.count;
    }
  }

  /** What has changed since it was told; null where nothing has, or its values are not known. */
  function changesOf({ symbol, values, toldSeq, toldCount }: FollowedRoom) {
    const { cursor } = values;
    if (cursor === null || values.seq <= toldSeq) return null;
    const isWhole = values.beganSeq > toldSeq;
    const from = isWhole ? 0 : toldSeq;
    const events = values
      .changedSince(from, channels)
      .events.map((json) => JSON.parse(json) as TapeEvent);
    const bars = channels === null || channels.hasKind("bar") ? values.barsSince(from) : [];
    if (!isWhole && events.length === 0 && bars.length === 0) return null;
    const count = values.count(channels);
    return {
      ...{ seq: values.seq, count },
      // Values of a snapshot have not been counted.
      skipped: Math.max(0, count - toldCount - events.length),
      room: {
        ...{ symbol: symbol as SymbolName, cursor, events },
        ...(bars.length > 0 && { bars }),
        ...(isWhole && { whole: true as const }),
      },
    };
  }

  function ended(room: FollowedRoom, code: number, reason: string): void {
    const wasLive = room.isLive;
    letGo(room);
    const refused = refusalCodeOf(code, token);
    if (!mayReturn(code)) use.ended(code, reason);
    else if (refused !== null) {
      onRefused?.({ symbol: room.symbol, code: refused, message: reason });
    } else {
      room.failures += 1;
      room.cancelTimer = deps.setTimer(
        () => connect(room),
        backoffMs(room.failures, deps.random()),
      );
    }
    if (wasLive) use.changed();
  }

  function beatLater(room: FollowedRoom): void {
    room.cancelTimer = deps.setTimer(() => {
      if (deps.nowMs() - room.heardMs >= SILENCE_MS) {
        ended(room, ABNORMAL_CLOSURE, "");
        return;
      }
      room.socket?.send(PING);
      beatLater(room);
    }, HEARTBEAT_MS);
  }

  function letGo(room: FollowedRoom): void {
    room.cancelTimer();
    const { socket } = room;
    room.socket = null;
    room.isLive = false;
    if (socket === null) return;
    socket.onmessage = null;
    socket.onclose = null;
    socket.close(1000);
  }
}

/** How a stream would refuse what an HTTP status refuses for good; null where it may be asked for again. */
function refusalCodeOf(status: number, token: Token | undefined): Refusal["code"] | null {
  switch (status) {
    case 400:
    case 404:
      return "bad_message";
    case 401:
      return typeof token === "function" ? null : "bad_token";
    case 403:
      return "forbidden";
    default:
      return null;
  }
}
