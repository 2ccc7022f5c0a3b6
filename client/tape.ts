import type { PollAnswer } from "../src/protocol/answers/answers.ts";
import type { LogId } from "../src/protocol/words/log-id.ts";
import type { Cursor } from "../src/protocol/words/time.ts";
import { decode } from "./decode.ts";
import { browserDeps, type SocketLike, type TapeDeps } from "./deps.ts";
import { POLL_WAIT_S } from "./enter.ts";
import { ABNORMAL_CLOSURE } from "./late-socket.ts";
import { type OpenRoom, roomSockets } from "./room-sockets.ts";
import { type RoomUrls, roomUrls } from "./room-urls.ts";
import { type Delivery, type Effect, initialState, type Place, type TapeEvent } from "./state.ts";
import { type Status, statusOf } from "./status.ts";
import { type Token, withToken } from "./token.ts";
import { nextWakeMs, reduce } from "./transitions.ts";

/** The longest delay a timer holds; beyond it browsers fire at once (HTML, "timers": 32-bit delays). */
const MAX_TIMER_MS = 2 ** 31 - 1;

export interface TapeOptions {
  /** Where the server is: `https://tape.example`, or `https://example.org/tape` where it is behind a path. */
  baseUrl: string;
  symbol: string;
  /** Sent as a subprotocol and as a header, never in a URL. A function is asked for one whenever one is needed. */
  token?: Token;
  /** Continue after this cursor; absent or null: from now, with a `snapshot`. */
  since?: Cursor | null;
  /** The log that `since` is of, as it was kept with it: a log that was lost and made anew is then recognised. */
  log?: LogId | null;
  /**
   * Takes one delivery. `place` is what to keep with what was made of it: where the tape stands once it is taken. Where it throws, the tape reports the error as uncaught, comes back after a while, and brings
   * the same delivery again: nothing that was thrown at is passed over.
   */
  onDelivery(delivery: Delivery, place: Place): void;
  onStatus?(status: Status): void;
}

export interface Tape {
  status(): Status;
  /** Everything up to here has been taken by `onDelivery`; null until the first position is known. */
  cursor(): Cursor | null;
  /** The log that `cursor()` is of; null until a server has named it. */
  log(): LogId | null;
  close(): void;
}

/**
 * Watch one room for as long as it takes: socket, heartbeat, resume by cursor, polling where sockets fail. It never
 * throws for the network's sake; `onStatus` tells how things stand.
 *
 * @throws {TypeError} where `baseUrl` or `symbol` can belong to no server, or a `log` has no `since`, for no retry would mend that.
 */
export function openTape(options: TapeOptions, deps: TapeDeps = browserDeps()): Tape {
  const urls = roomUrls(options.baseUrl, options.symbol);
  return tapeOver(options, deps, urls, roomSockets(urls, options.token, deps));
}

/** A tape whose sockets come from elsewhere. */
export function tapeOver(
  options: Omit<TapeOptions, "baseUrl" | "symbol">,
  deps: TapeDeps,
  urls: RoomUrls,
  open: OpenRoom,
): Tape {
  const start: Place = { cursor: options.since ?? null, log: options.log ?? null };
  if (start.log !== null && start.cursor === null) {
    throw new TypeError("log needs since: a cursor of that log");
  }
  let state = initialState(start, deps.isOnline());
  const sockets = new Map<number, SocketLike>();
  const polls = new Map<number, AbortController>();
  const queue: TapeEvent[] = [];
  let running = false;
  let timer: { atMs: number; cancel(): void } | null = null;
  let lastWords = "";
  /** Where the consumer stands. `state.place` is ahead of it while deliveries are handed over. */
  let taken = start;
  let closed = false;

  const unwatch = deps.watch((type) => dispatch({ type }));
  dispatch({ type: "start" });
  return {
    status: () => statusOf(state, deps.nowMs()),
    cursor: () => taken.cursor,
    log: () => taken.log,
    close() {
      closed = true;
      dispatch({ type: "close" });
    },
  };

  /** One event at a time: what an effect brings about waits until the effects before it are done. */
  function dispatch(event: TapeEvent): void {
    queue.push(event);
    if (running) return;
    running = true;
    try {
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
        const step = reduce(state, next, { nowMs: deps.nowMs(), random: deps.random() });
        state = step.state;
        performAll(step.effects);
      }
    } finally {
      running = false;
    }
    if (state.phase.name === "closed") unwatch();
    arrangeTimer();
    tellStatus();
  }

  function arrangeTimer(): void {
    const atMs = nextWakeMs(state);
    if (timer?.atMs === atMs) return;
    timer?.cancel();
    timer = null;
    if (atMs === Number.POSITIVE_INFINITY) return;
    const delayMs = Math.min(Math.max(0, atMs - deps.nowMs()), MAX_TIMER_MS);
    const cancel = deps.setTimer(() => {
      timer = null;
      dispatch({ type: "tick", lateMs: deps.nowMs() - atMs });
    }, delayMs);
    timer = { atMs, cancel };
  }

  function tellStatus(): void {
    const status = statusOf(state, deps.nowMs());
    if (status.words === lastWords) return;
    lastWords = status.words;
    try {
      options.onStatus?.(status);
    } catch (error) {
      deps.report(error);
    }
  }

  function performAll(effects: readonly Effect[]): void {
    for (const effect of effects) {
      if (effect.type !== "deliver") perform(effect);
      else if (!hasTaken(effect)) {
        // What follows would ack or deliver beyond what the consumer has.
        queue.unshift({ type: "consumerThrew", place: taken });
        return;
      }
    }
  }

  /** False where the consumer threw. One that has closed the tape is told nothing more. */
  function hasTaken({ delivery, place }: Extract<Effect, { type: "deliver" }>): boolean {
    if (closed) return true;
    try {
      options.onDelivery(delivery, place);
    } catch (error) {
      deps.report(error);
      return false;
    }
    taken = place;
    return true;
  }

  function perform(effect: Exclude<Effect, { type: "deliver" }>): void {
    switch (effect.type) {
      case "openSocket":
        openSocket(effect.socketId, effect.since);
        break;
      case "closeSocket":
        closeSocket(effect.socketId);
        break;
      case "send":
        sockets.get(effect.socketId)?.send(effect.text);
        break;
      case "poll":
        void poll(effect.pollId, effect.since);
        break;
      case "cancelPoll":
        polls.get(effect.pollId)?.abort();
        polls.delete(effect.pollId);
        break;
      default:
        effect satisfies never;
    }
  }

  function openSocket(socketId: number, since: Place): void {
    const socket = open(since);
    sockets.set(socketId, socket);
    socket.onmessage = ({ data }) =>
      dispatch({ type: "socketMessage", socketId, received: decode(data) });
    const ended = (code: number, reason: string) => {
      forget(socketId, socket);
      dispatch({ type: "socketClosed", socketId, code, reason });
    };
    socket.onclose = ({ code, reason }) => ended(code, reason);
    // A close with this code follows by the standard, and in Node 22.12 nothing does.
    socket.onerror = () => ended(ABNORMAL_CLOSURE, "");
  }

  function closeSocket(socketId: number): void {
    const socket = sockets.get(socketId);
    if (socket === undefined) return;
    forget(socketId, socket);
    socket.close(1000);
  }

  /** A socket that was let go may still deliver what it had: nobody listens any more. */
  function forget(socketId: number, socket: SocketLike): void {
    sockets.delete(socketId);
    socket.onmessage = null;
    socket.onclose = null;
    socket.onerror = null;
  }

  async function poll(pollId: number, since: Place): Promise<void> {
    const abort = new AbortController();
    polls.set(pollId, abort);
    const url = urls.poll(since, POLL_WAIT_S);
    let event: TapeEvent = { type: "pollFailed", pollId, status: null };
    try {
      const asked = withToken(options.token, (token) => {
        const headers: Record<string, string> = token ? { authorization: `Bearer ${token}` } : {};
        return deps.fetch(url, { headers, signal: abort.signal });
      });
      const response = await asked;
      event = response.ok
        ? { type: "pollAnswered", pollId, answer: (await response.json()) as PollAnswer }
        : { type: "pollFailed", pollId, status: response.status };
    } catch {
      // No answer, half an answer, or called off: `pollFailed` without a status says so.
    }
    polls.delete(pollId);
    dispatch(event);
  }
}
