import { PING, PONG } from "../src/protocol/socket/heartbeat.ts";
import { ReadMessage } from "./decode.ts";
import type { SocketLike, TapeDeps } from "./deps.ts";
import { offeredProtocols } from "./room-sockets.ts";
import { roomUrls, withQuery } from "./room-urls.ts";
import { closeCodeOf } from "./shared-socket.ts";
import type { Place } from "./state.ts";
import { streamUrl } from "./stream-urls.ts";
import { type Tape, type TapeOptions, tapeOver } from "./tape.ts";

export interface ChannelTapeOptions extends Omit<TapeOptions, "token"> {
  token?: string;
  /** These alone: `trade`, `metric:cpu*` (SPEC ST-9). */
  channels: readonly string[];
}

/**
 * A tape of one room that is told some kinds of its events, and of the others no more than how far they go. Its socket is a stream of that room; where
 * none can be had it polls.
 *
 * @throws {TypeError} as `openTape`.
 */
export function openChannelTape(options: ChannelTapeOptions, deps: TapeDeps): Tape {
  const { baseUrl, symbol, token } = options;
  const channels = [`channels=${options.channels.map(encodeURIComponent).join()}`];
  const urls = roomUrls(baseUrl, symbol);
  const url = withQuery(streamUrl(baseUrl), channels);
  return tapeOver(
    options,
    deps,
    { ...urls, poll: (since, waitS) => `${urls.poll(since, waitS)}&${channels}` },
    (since) => roomOfStream(deps.openSocket(url, offeredProtocols(token)), symbol, since),
  );
}

/** The stream's socket as the one of the room that it watches. */
function roomOfStream(stream: SocketLike, symbol: string, { cursor, log }: Place): SocketLike {
  let received = 0;
  const room: SocketLike = {
    onmessage: null,
    onclose: null,
    onerror: null,
    // What else a tape says is that it has processed all that came (SPEC ST-6).
    send: (text) =>
      stream.send(text === PING ? text : JSON.stringify({ type: "ack", messages: received })),
    close: (code, reason) => stream.close(code, reason),
  };
  stream.onclose = (event) => room.onclose?.(event);
  stream.onerror = (event) => room.onerror?.(event);
  stream.onmessage = ({ data }) => {
    if (data === PONG) {
      room.onmessage?.({ data });
      return;
    }
    received += 1;
    const text = String(data);
    let messages: { type: string; symbol?: string; code?: unknown }[];
    try {
      messages = [JSON.parse(text)].flat();
    } catch {
      // The tape gives up a socket that brings what cannot be read.
      room.onmessage?.({ data });
      return;
    }
    for (const { symbol: _, ...message } of messages) take(message, text.length);
  };
  return room;

  function take(message: { type: string; code?: unknown }, length: number): void {
    switch (message.type) {
      case "welcome": {
        const since = cursor === null ? {} : { since: cursor, ...(log !== null && { log }) };
        stream.send(JSON.stringify({ type: "subscribe", symbols: [{ symbol, ...since }] }));
        break;
      }
      case "closed":
      case "error": {
        stream.close(1000);
        const { code } = message;
        room.onclose?.({
          code: typeof code === "number" ? code : closeCodeOf(`${code}`),
          reason: "",
        });
        break;
      }
      default:
        // What is of the stream and of no room the tape passes over.
        room.onmessage?.({ data: new ReadMessage(message, length) });
    }
  }
}
