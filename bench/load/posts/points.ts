/**
 * What the posters send: `POST` requests built once, whose 16-digit fields are overwritten in place before each send,
 * so that a request costs the generator a few microseconds.
 */
export type RequestShape = {
  host: string;
  path: string;
  token: string | undefined;
  /** Points go round over these. */
  symbols: readonly string[];
  /** Told apart from every other sender, so that no two points of the run are the same point (INV-9). */
  sender: string;
  points: number;
  /** What goes into `value`: the monotonic clock at sending, a running number, or just a number. */
  value: "stamp" | "serial" | "number";
};

/** A sender's points belong to so many series, in turn. */
const SERIES_OF_A_SENDER = 25;

const DIGITS = 16;
const BLANK = "1".repeat(DIGITS);
const TS_MARK = Buffer.from('"ts":');
const VALUE_MARK = Buffer.from('"value":');

export class PointRequest {
  readonly bytes: Buffer;
  readonly points: number;
  #tsPlaces: number[];
  #valuePlaces: number[];
  #shape: RequestShape;

  constructor(shape: RequestShape) {
    this.#shape = shape;
    this.points = shape.points;
    const fixed = shape.value === "number";
    const body = `[${Array.from({ length: shape.points }, (_, index) =>
      this.item(shape, index, BLANK),
    ).join(",")}]`;
    this.bytes = postRequest(shape.host, shape.path, body, shape.token);
    this.#tsPlaces = placesAfter(this.bytes, TS_MARK);
    this.#valuePlaces = fixed ? [] : placesAfter(this.bytes, VALUE_MARK);
  }

  /** One of them as JSON, with `blank` as its `ts`, and as its `value` where that is filled in. */
  protected item(shape: RequestShape, index: number, blank: string): string {
    const value = shape.value === "number" ? (1_000 + ((index * 7_919) % 9_000)) / 100 : blank;
    const symbol = shape.symbols[index % shape.symbols.length];
    return `{"symbol":"${symbol}","metric":"latency","value":${value},"ts":${blank},"labels":${labels(shape, index)}}`;
  }

  /** `tsUs`: time of the first point; the others follow a microsecond apart. `value`: stamp or first serial number. */
  fill(tsUs: number, value: number): Buffer {
    this.#tsPlaces.forEach((place, index) => {
      writeDigits(this.bytes, place, tsUs + index);
    });
    const step = this.#shape.value === "serial" ? 1 : 0;
    this.#valuePlaces.forEach((place, index) => {
      writeDigits(this.bytes, place, LEADING + value + index * step);
    });
    return this.bytes;
  }
}

/** JSON forbids leading zeros; a value is sent as LEADING + value and read back by {@link sentValue}. */
const LEADING = 1_000_000_000_000_000;

/** What was passed to `fill`, out of a `value` on the wire. */
export function sentValue(onTheWire: number): number {
  return onTheWire - LEADING;
}

export function postRequest(
  host: string,
  path: string,
  body: string | Uint8Array,
  token: string | undefined,
  headers: readonly string[] = ["Content-Type: application/json"],
): Buffer {
  const head = [
    `POST ${path} HTTP/1.1`,
    `Host: ${host}`,
    ...headers,
    `Content-Length: ${Buffer.byteLength(body)}`,
    ...(token === undefined ? [] : [`Authorization: Bearer ${token}`]),
    "",
    "",
  ].join("\r\n");
  return Buffer.concat([Buffer.from(head), Buffer.from(body as string)]);
}

let lastCursor = 0;

/** A body of the bare room: an `events` message as the product frames it, whose numbers are filled in. */
export class FrameRequest {
  readonly points: number;
  #bytes: Buffer;
  #cursorPlace: number;
  #valuePlaces: number[];
  #tsPlaces: number[];
  #step: 0 | 1;

  constructor(shape: RequestShape) {
    this.points = shape.points;
    this.#step = shape.value === "serial" ? 1 : 0;
    const events = Array.from(
      { length: shape.points },
      (_, index) =>
        `{"kind":"metric","ts":${BLANK},"metric":"latency","value":${BLANK},"labels":${labels(shape, index)}}`,
    ).join(",");
    this.#bytes = postRequest(
      shape.host,
      shape.path,
      `{"type":"events","cursor":${BLANK},"events":[${events}]}`,
      undefined,
    );
    this.#cursorPlace = placesAfter(this.#bytes, Buffer.from('"cursor":'))[0] ?? 0;
    this.#valuePlaces = placesAfter(this.#bytes, VALUE_MARK);
    this.#tsPlaces = placesAfter(this.#bytes, TS_MARK);
  }

  fill(tsUs: number, value: number): Buffer {
    // One room, many connections: its cursors differ, as the product's do.
    lastCursor = Math.max(tsUs, lastCursor + 1);
    writeDigits(this.#bytes, this.#cursorPlace, lastCursor);
    for (const place of this.#tsPlaces) writeDigits(this.#bytes, place, tsUs);
    for (const [index, place] of this.#valuePlaces.entries()) {
      writeDigits(this.#bytes, place, LEADING + value + index * this.#step);
    }
    return this.#bytes;
  }
}

function labels(shape: RequestShape, index: number): string {
  return `{"from":"${shape.sender}","venue":"V${10 + (index % SERIES_OF_A_SENDER)}"}`;
}

export function placesAfter(bytes: Buffer, mark: Buffer): number[] {
  const places: number[] = [];
  for (let at = bytes.indexOf(mark); at !== -1; at = bytes.indexOf(mark, at + 1)) {
    places.push(at + mark.length);
  }
  return places;
}

export function writeDigits(bytes: Buffer, place: number, value: number): void {
  let rest = value;
  for (let at = place + DIGITS - 1; at >= place; at -= 1) {
    const next = Math.floor(rest / 10);
    bytes[at] = 48 + (rest - next * 10);
    rest = next;
  }
}
