export interface RoomUrls {
  socket: string;
  poll: string;
}

/**
 * The addresses of one room, without their queries. `baseUrl` may have a path, and a slash at its end.
 *
 * @throws {TypeError} where it is no HTTP address, has more than a path, or the symbol cannot stand in one.
 */
export function roomUrls(baseUrl: string, symbol: string): RoomUrls {
  const { origin, path } = baseOf(baseUrl);
  const room = encodedSymbol(symbol);
  return {
    socket: `${origin.replace(/^http/, "ws")}${path}/ws/${room}`,
    poll: `${origin}${path}/api/rooms/${room}/events`,
  };
}

function baseOf(baseUrl: string): { origin: string; path: string } {
  const url = parsed(baseUrl);
  if (url === undefined || !["http:", "https:"].includes(url.protocol)) {
    throw new TypeError(
      `baseUrl must be an address such as https://tape.example, and is ${JSON.stringify(baseUrl)}`,
    );
  }
  if (url.username !== "" || url.search !== "" || url.hash !== "") {
    throw new TypeError("baseUrl must have neither a user, nor a query, nor a fragment");
  }
  return { origin: url.origin, path: url.pathname.replace(/\/+$/, "") };
}

function parsed(text: string): URL | undefined {
  try {
    return new URL(text);
  } catch {
    return undefined;
  }
}

function encodedSymbol(symbol: string): string {
  // A URL cannot hold a part of dots alone, however it is written: it would be resolved away.
  if (symbol === "" || symbol === "." || symbol === ".." || !symbol.isWellFormed()) {
    throw new TypeError(`symbol must name one, such as BTC-USD, and is ${JSON.stringify(symbol)}`);
  }
  return encodeURIComponent(symbol);
}
