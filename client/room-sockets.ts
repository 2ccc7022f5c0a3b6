import { BEARER_SUBPROTOCOL_PREFIX, SUBPROTOCOL } from "../src/protocol/socket/version.ts";
import { noSocket, type SocketLike, type TapeDeps } from "./deps.ts";
import { eventSocket } from "./event-socket.ts";
import { lateSocket } from "./late-socket.ts";
import type { RoomUrls } from "./room-urls.ts";
import type { Place } from "./state.ts";
import { closedWith, type Token, withToken } from "./token.ts";

/** Opens a socket that continues at a place. */
export type OpenRoom = (since: Place) => SocketLike;

/** So many WebSockets in a row that never said a word, and server-sent events are tried by turns. */
const FAILURES_BEFORE_EVENTS = 2;
/** So few rooms at once take server-sent events where no socket can be had: a browser has six connections to a server. */
export const MOST_BY_EVENTS = 4;
/** Server-sent events make place for another try of a WebSocket after so long, and then after twice as long, in ms. */
const EVENTS_MS = { first: 60_000, most: 1_800_000 };

export function offeredProtocols(token: string | undefined): string[] {
  return token === undefined
    ? [SUBPROTOCOL]
    : [SUBPROTOCOL, `${BEARER_SUBPROTOCOL_PREFIX}${token}`];
}

/** The sockets of one room: WebSockets, and by turns server-sent events where those cannot be had. */
export function roomSockets(urls: RoomUrls, token: Token | undefined, deps: TapeDeps): OpenRoom {
  return withEvents(
    urls,
    token,
    deps,
    (since) => {
      const made = withToken(token, (good) =>
        deps.openSocket(urls.socket(since), offeredProtocols(good)),
      );
      return made instanceof Promise ? lateSocket(made) : made;
    },
    () => true,
  );
}

/** Takes turns between what opens sockets and server-sent events, once sockets fail. `mayFollow`: events may be tried now. */
export function withEvents(
  urls: Pick<RoomUrls, "events">,
  token: Token | undefined,
  deps: TapeDeps,
  open: OpenRoom,
  mayFollow: () => boolean,
): OpenRoom {
  let failures = deps.openSocket === noSocket ? FAILURES_BEFORE_EVENTS : 0;
  let wasEvents = false;
  let lifeMs = EVENTS_MS.first;
  return (since) => {
    wasEvents = failures >= FAILURES_BEFORE_EVENTS && !wasEvents && mayFollow();
    if (wasEvents) {
      const events = eventSocket(urls.events(since), token, lifeMs, deps);
      lifeMs = Math.min(lifeMs * 2, EVENTS_MS.most);
      return events;
    }
    failures += 1;
    return listenedTo(open(since), token, () => {
      failures = 0;
      lifeMs = EVENTS_MS.first;
    });
  };
}

/** The socket, and a word when it has said something. */
function listenedTo(socket: SocketLike, token: Token | undefined, spoke: () => void): SocketLike {
  let hasSpoken = false;
  const heard: SocketLike = {
    onmessage: null,
    onclose: null,
    onerror: null,
    send: (text) => socket.send(text),
    close: (code, reason) => socket.close(code, reason),
  };
  socket.onmessage = (event) => {
    if (!hasSpoken) spoke();
    hasSpoken = true;
    heard.onmessage?.(event);
  };
  socket.onclose = ({ code, reason }) => heard.onclose?.({ code: closedWith(code, token), reason });
  socket.onerror = (event) => heard.onerror?.(event);
  return heard;
}
