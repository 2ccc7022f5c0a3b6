import type { PollAnswer } from "../src/protocol/answers.ts";
import type { Cursor } from "../src/protocol/time.ts";
import { BEARER_SUBPROTOCOL_PREFIX, SUBPROTOCOL } from "../src/protocol/version.ts";
import { decode } from "./decode.ts";
import { browserDeps, type SocketLike, type TapeDeps } from "./deps.ts";
import { POLL_WAIT_S } from "./enter.ts";
import { type Delivery, type Effect, initialState, type TapeEvent } from "./state.ts";
import { type Status, statusOf } from "./status.ts";
import { nextWakeMs, reduce } from "./transitions.ts";

/** The longest delay a timer holds; beyond it browsers fire at once (HTML, "timers": 32-bit delays). */
const MAX_TIMER_MS = 2 ** 31 - 1;

export interface TapeOptions {
  /** Where the server is: `https://tape.example`. */
  baseUrl: string;
  symbol: string;
  /** Sent as a subprotocol and as a header, never in a URL. */
  token?: string;
  /** Continue after this cursor; absent: from now, with a `snapshot`. */
  since?: Cursor;
  onDelivery(delivery: Delivery): void;
  onStatus?(status: Status): void;
}

export interface Tape {
  status(): Status;
  /** Everything up to here has been handed to `onDelivery`; null until the first position is known. */
  cursor(): Cursor | null;
  close(): void;
}

/**
 * Watch one room for as long as it takes: socket, heartbeat, resume by cursor, polling where sockets fail. It never
 * throws for the network's sake; `onStatus` tells how things stand.
 */
export function openTape(options: TapeOptions, deps: TapeDeps = browserDeps()): Tape {
  let state = initialState(options.since ?? null, deps.isOnline());
  const sockets = new Map<number, SocketLike>();
  const polls = new Map<number, AbortController>();
  const queue: TapeEvent[] = [];
  let running = false;
  let timer: { atMs: number; cancel(): void } | null = null;
  let lastWords = "";

  const unwatch = deps.watch((type) => dispatch({ type }));
  dispatch({ type: "start" });
  return {
    status: () => statusOf(state, deps.nowMs()),
    cursor: () => state.cursor,
    close: () => dispatch({ type: "close" }),
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
        for (const effect of step.effects) perform(effect);
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
    options.onStatus?.(status);
  }

  function perform(effect: Effect): void {
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
      case "deliver":
        options.onDelivery(effect.delivery);
        break;
      default:
        effect satisfies never;
    }
  }

  function openSocket(socketId: number, since: Cursor | null): void {
    const query = since === null ? "" : `?since=${since}`;
    const url = `${options.baseUrl.replace(/^http/, "ws")}/ws/${encodeURIComponent(options.symbol)}${query}`;
    const protocols = [SUBPROTOCOL];
    if (options.token) protocols.push(`${BEARER_SUBPROTOCOL_PREFIX}${options.token}`);
    const socket = deps.openSocket(url, protocols);
    sockets.set(socketId, socket);
    socket.onmessage = ({ data }) =>
      dispatch({ type: "socketMessage", socketId, received: decode(String(data)) });
    socket.onclose = ({ code, reason }) => {
      forget(socketId, socket);
      dispatch({ type: "socketClosed", socketId, code, reason });
    };
    // An error is always followed by a close, which carries the code.
    socket.onerror = () => {};
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
  }

  async function poll(pollId: number, since: Cursor | null): Promise<void> {
    const abort = new AbortController();
    polls.set(pollId, abort);
    const query = `wait=${POLL_WAIT_S}${since === null ? "" : `&since=${since}`}`;
    const url = `${options.baseUrl}/api/rooms/${encodeURIComponent(options.symbol)}/events?${query}`;
    const headers: Record<string, string> = options.token
      ? { authorization: `Bearer ${options.token}` }
      : {};
    let event: TapeEvent = { type: "pollFailed", pollId, status: null };
    try {
      const response = await deps.fetch(url, { headers, signal: abort.signal });
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
