import { GOING_AWAY } from "../src/protocol/socket/close-codes.ts";
import { PING, PONG } from "../src/protocol/socket/heartbeat.ts";
import type { PollResponse, SocketLike, TapeDeps } from "./deps.ts";
import { ABNORMAL_CLOSURE } from "./late-socket.ts";
import { closedWith, type Token, withToken } from "./token.ts";

/** The server says something at least each 10 s; a stream that is silent for longer is held back by somebody, in ms. */
const SILENCE_MS = 25_000;

/**
 * A room by server-sent events, as a socket: for networks that let no WebSocket through. It ends itself after `lifeMs`, so that a
 * socket is tried again. An answer that is no stream closes it with the answer's status, which no socket's close code is.
 */
export function eventSocket(
  url: string,
  token: Token | undefined,
  lifeMs: number,
  deps: Pick<TapeDeps, "fetch" | "nowMs" | "setTimer">,
): SocketLike {
  const abort = new AbortController();
  let heardMs = deps.nowMs();
  const socket: SocketLike = {
    onmessage: null,
    onclose: null,
    onerror: null,
    send(text) {
      // What was read is acknowledged by reading on.
      if (text !== PING || deps.nowMs() - heardMs > SILENCE_MS) return;
      socket.onmessage?.({ data: PONG });
    },
    close: () => end(null),
  };
  const cancelLife = deps.setTimer(() => end({ code: GOING_AWAY, reason: "" }), lifeMs);
  void read().then(end, () => end({ code: ABNORMAL_CLOSURE, reason: "" }));
  return socket;

  /** Null: whoever closes it need not be told. */
  function end(because: { code: number; reason: string } | null): void {
    cancelLife();
    if (abort.signal.aborted) return;
    abort.abort();
    if (because !== null) socket.onclose?.(because);
  }

  async function read(): Promise<{ code: number; reason: string }> {
    const headers: Record<string, string> = { accept: "text/event-stream" };
    const answer = await withToken(token, (good) => {
      if (good !== undefined) headers["authorization"] = `Bearer ${good}`;
      return deps.fetch(url, { headers, signal: abort.signal });
    });
    if (!answer.ok) return { code: answer.status, reason: await detailOf(answer) };
    if (answer.body == null) return { code: ABNORMAL_CLOSURE, reason: "" };
    for await (const { type, data } of eventsOf(answer.body)) {
      heardMs = deps.nowMs();
      if (type === "end") {
        const { code, reason } = JSON.parse(data) as { code: number; reason: string };
        return { code: closedWith(code, token), reason };
      }
      if (data !== "") socket.onmessage?.({ data });
    }
    return { code: GOING_AWAY, reason: "" };
  }
}

/** What a problem document says. */
async function detailOf(answer: PollResponse): Promise<string> {
  const { detail } = ((await answer.json().catch(() => null)) ?? {}) as { detail?: unknown };
  return typeof detail === "string" ? detail : `HTTP ${answer.status}`;
}

/** Events of a stream, comments as events without data (WHATWG HTML, 9.2.6). */
async function* eventsOf(
  body: NonNullable<PollResponse["body"]>,
): AsyncGenerator<{ type: string; data: string }, void> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const blocks = (rest + decoder.decode(value, { stream: true })).split("\n\n");
      rest = blocks.pop() ?? "";
      for (const block of blocks) {
        const lines = block.split("\n");
        yield { type: fieldOf(lines, "event"), data: fieldOf(lines, "data") };
      }
    }
  } finally {
    void reader.cancel().catch(() => {});
  }
}

function fieldOf(lines: readonly string[], name: string): string {
  const start = `${name}: `;
  return lines.find((line) => line.startsWith(start))?.slice(start.length) ?? "";
}
