import type { Place } from "./state.ts";

export interface RoomUrls {
  /** A socket that continues at a place. */
  socket(since: Place): string;
  /** Server-sent events that continue at a place. */
  events(since: Place): string;
  /** A poll of what came after it, held for so long. */
  poll(since: Place, waitS: number): string;
}

/**
 * The addresses of one room. `baseUrl` may have a path, and a slash at its end.
 *
 * @throws {TypeError} where it is no HTTP address, has more than a path, or the symbol cannot stand in one.
 */
export function roomUrls(baseUrl: string, symbol: string): RoomUrls {
  const { origin, path } = baseOf(baseUrl);
  const room = encodedSymbol(symbol);
  const socket = `${origin.replace(/^http/, "ws")}${path}/ws/${room}`;
  const poll = `${origin}${path}/api/rooms/${room}/events`;
  const events = `${origin}${path}/api/rooms/${room}/stream`;
  return {
    socket: (since) => withQuery(socket, placeParameters(since)),
    events: (since) => withQuery(events, placeParameters(since)),
    poll: (since, waitS) => withQuery(poll, [`wait=${waitS}`, ...placeParameters(since)]),
  };
}

function placeParameters({ cursor, log }: Place): string[] {
  if (cursor === null) return [];
  return [`since=${cursor}`, ...(log === null ? [] : [`log=${encodeURIComponent(log)}`])];
}

/** An address with what is asked of it. */
export function withQuery(url: string, parameters: readonly string[]): string {
  return parameters.length === 0 ? url : `${url}?${parameters.join("&")}`;
}

/** The parts of an address of a server. @throws {TypeError} as `roomUrls`. */
export function baseOf(baseUrl: string): { origin: string; path: string } {
  const url = URL.canParse(baseUrl) ? new URL(baseUrl) : null;
  if (!url || !/^https?:/.test(url.href) || url.username + url.search + url.hash !== "") {
    throw new TypeError(
      `baseUrl must be an address such as https://tape.example, with a path at most, and is ${JSON.stringify(baseUrl)}`,
    );
  }
  return { origin: url.origin, path: url.pathname.replace(/\/+$/, "") };
}

function encodedSymbol(symbol: string): string {
  // A URL cannot hold a part of dots alone, however it is written: it would be resolved away.
  if (symbol === "" || symbol === "." || symbol === ".." || !symbol.isWellFormed()) {
    throw new TypeError(`symbol must name one, such as BTC-USD, and is ${JSON.stringify(symbol)}`);
  }
  return encodeURIComponent(symbol);
}
