import { Readable } from "node:stream";
import { createGzip, gzipSync } from "node:zlib";

/** A push that must be refused, and the answer it must get. */
export type BadPush = {
  name: string;
  body: string | Uint8Array<ArrayBuffer>;
  path?: string;
  headers?: Record<string, string>;
  status: number;
  /** Last part of the problem's type. */
  type: string;
  /** What the answer says, in `detail` or in its errors. */
  words: string;
};

const GZIP = { "content-encoding": "gzip" };
const NDJSON = { "content-type": "application/x-ndjson" };
const KIB = 1_024;
const MIB = 1_024 * KIB;
const MANY = 200;

function invalid(name: string, item: unknown, words: string, path = "/api/metrics"): BadPush {
  return { name, body: textOf(item), path, status: 422, type: "invalid-events", words };
}

function unreadable(
  name: string,
  body: BadPush["body"],
  words: string,
  headers: Record<string, string> = {},
): BadPush {
  return { name, body, headers, status: 400, type: "unreadable-body", words };
}

function textOf(item: unknown): string {
  return typeof item === "string" ? item : JSON.stringify(item);
}

const point = { metric: "m", value: 1 };
const trade = { symbol: "HOSTILE", price: 1, size: 1 };
const BOOKS = "/api/books";
const book = { symbol: "HOSTILE", type: "snapshot", bids: [[1, 1]], asks: [[2, 1]] };
const nowS = Math.floor(Date.now() / 1_000);
const zipped = gzip(JSON.stringify(point));

/** Every kind of bad body, metric and trade. */
export const BAD_PUSHES: readonly BadPush[] = [
  unreadable("broken JSON", '{"metric":"m",', "The body is not JSON"),
  unreadable("NaN", '{"metric":"m","value":NaN}', "JSON has no NaN"),
  unreadable("Infinity", '{"metric":"m","value":-Infinity}', "no Infinity"),
  unreadable(
    "a broken line of NDJSON",
    '{"metric":"m","value":1}\n{"metric"',
    "Line 2 is not JSON",
    NDJSON,
  ),
  unreadable("a number alone", "5", "must be a JSON object or an array"),
  unreadable("null", "null", "must be a JSON object or an array"),
  unreadable("an empty body", "", "not JSON"),
  unreadable("an empty batch", "[]", "The batch is empty: send at least one item"),
  unreadable("an empty batch of lines", "\n\n", "The batch is empty", NDJSON),
  unreadable("bytes that are no UTF-8", bytes([0x7b, 0xff, 0xfe, 0x7d]), "not UTF-8"),
  unreadable("half a gzip", zipped.subarray(0, zipped.length >> 1), "broken or cut short", GZIP),
  unreadable("text that says it is gzip", JSON.stringify(point), "broken or cut short", GZIP),
  unreadable("a gzip inside a gzip", gzip(zipped), "not", GZIP),
  unreadable("a gzip with something after it", bytes([...zipped, 1, 2, 3]), "broken", GZIP),
  invalid("a number larger than a double", '{"metric":"m","value":1e999}', "finite number"),
  invalid("a number whose sums would overflow", { ...point, value: 1e300 }, "is too large"),
  invalid("text for a number", { ...point, value: "1" }, "must be a number, without quotes"),
  invalid("null for a number", { ...point, value: null }, "must be a number"),
  invalid("a number for a name", { ...point, metric: 5 }, "must be a string"),
  invalid("an empty name", { ...point, metric: "" }, "must not be empty"),
  invalid("a long name", { ...point, metric: "m".repeat(201) }, "at most 200 characters"),
  invalid("no metric at all", {}, "must be a string"),
  invalid("a batch of arrays", "[[1]]", "expected object"),
  unreadable("deep nesting", "[".repeat(100_000) + "]".repeat(100_000), "nests deeper than any"),
  unreadable(
    "deep nesting in labels",
    `{"metric":"m","value":1,"labels":${'{"a":'.repeat(50_000)}1${"}".repeat(50_000)}}`,
    "nests deeper than any",
  ),
  unreadable(
    "60,000 unknown fields",
    `{${Array.from({ length: 60_000 }, (_, at) => `"k${at}":1`).join(",")}}`,
    "more fields and elements than any event has",
  ),
  invalid("labels that are a list", { ...point, labels: ["a"] }, "an object of text by text"),
  invalid("a NUL in a label", { ...point, labels: { a: "\u0000" } }, "NUL"),
  invalid("half a surrogate pair", '{"metric":"\\ud800","value":1}', "surrogate"),
  invalid(
    "a prototype as a label",
    '{"metric":"m","value":1,"labels":{"__proto__":"x"}}',
    "__proto__",
  ),
  invalid("too many labels", { ...point, labels: numbered(33, "x") }, "at most 32 labels"),
  invalid(
    "labels too long together",
    { ...point, labels: numbered(32, "x".repeat(200)) },
    "2500 bytes",
  ),
  invalid("a level of a book that is text", { ...book, bids: ["1"] }, "[price, size]", BOOKS),
  invalid("a book without a side", { ...book, asks: null }, "array of [price, size]", BOOKS),
  invalid(
    "a book that is too long",
    { ...book, asks: Array.from({ length: 1_001 }, (_, at) => [at, 1]) },
    "at most 1000 levels",
    BOOKS,
  ),
  invalid("a crossed book", { ...book, bids: [[2, 1]] }, "below the best ask", BOOKS),
  invalid("an unknown field", { ...point, prize: 1 }, 'unknown field "prize": check the spelling'),
  invalid(
    "a prototype as a field",
    '{"metric":"m","value":1,"__proto__":{"value":2}}',
    "__proto__",
  ),
  invalid("a constructor as a field", { ...point, constructor: 1 }, "constructor"),
  invalid("a time in seconds", { ...point, ts: nowS }, "looks like seconds"),
  invalid("a time in milliseconds", { ...point, ts: nowS * 1e3 }, "looks like milliseconds"),
  invalid(
    "a time in nanoseconds",
    `{"metric":"m","value":1,"ts":${nowS}000000000}`,
    "looks like nanoseconds",
  ),
  invalid("a time with a fraction", { ...point, ts: nowS * 1e6 + 0.5 }, "integer microseconds"),
  invalid("a time to come", { ...point, ts: (nowS + 660) * 1e6 }, "10 minutes ahead"),
  invalid("a time in words", { ...point, ts: "yesterday" }, "RFC 3339"),
  invalid("a day that is not there", { ...point, ts: "2026-02-30T00:00:00Z" }, "no date"),
  invalid("a time that is a list", { ...point, ts: [1] }, "RFC 3339 time or integer microseconds"),
  ...[
    ["", "1 to 64 characters"],
    ["BTC ", "begin or end with a space"],
    ["B".repeat(65), "1 to 64 characters"],
    ["BTC\u0000", "U+0000"],
    ["BTC\u202eUSD", "U+202E"],
    ["E\u0301", "normal form C"],
    ["%2e%2e", "U+0025"],
    ["..", "must not be .. alone"],
    ["*", "must not be * alone"],
    ["__proto__", "must not be __proto__ alone"],
  ].map(([symbol, words]) =>
    invalid(`the symbol ${JSON.stringify(symbol)}`, { ...point, symbol }, words as string),
  ),
  invalid("a trade without a symbol", { price: 1, size: 1 }, "must be a string", "/api/trades"),
  invalid("a negative size", { ...trade, size: -1 }, "must not be negative", "/api/trades"),
  invalid("an unknown side", { ...trade, side: "long" }, '"buy" or "sell"', "/api/trades"),
  invalid("a metric among trades", { ...point, symbol: "HOSTILE" }, "unknown field", "/api/trades"),
  {
    ...invalid("one bad item in a good batch", "", "Nothing of the batch was taken"),
    body: JSON.stringify([...Array(MANY).fill({ ...trade }), { ...trade, price: "x" }]),
    path: "/api/trades",
  },
  {
    ...{ name: "a body over 1 MiB", body: " ".repeat(MIB + 1), status: 413 },
    ...{ type: "body-too-large", words: "larger than 1048576 bytes: send smaller batches" },
  },
  {
    ...{ name: "a body of 20 MB, to its end", body: " ".repeat(20_000_000), status: 413 },
    ...{ type: "body-too-large", words: "larger than 1048576 bytes: send smaller batches" },
  },
  {
    ...{
      name: "a body over 8 MiB once unzipped",
      body: gzip(" ".repeat(8 * MIB + 1)),
      headers: GZIP,
    },
    ...{ status: 413, type: "body-too-large", words: "8388608 bytes unzipped" },
  },
  {
    ...{ name: "an encoding we do not have", body: "x", headers: { "content-encoding": "br" } },
    ...{ status: 415, type: "unsupported-encoding", words: "send gzip, or none" },
  },
  {
    ...{
      name: "a content type we do not have",
      body: "<m/>",
      headers: { "content-type": "text/xml" },
    },
    ...{
      status: 415,
      type: "unsupported-media-type",
      words: "Send Content-Type: application/json",
    },
  },
  {
    ...{ name: "an unknown wait", body: JSON.stringify(point), path: "/api/metrics?wait=forever" },
    ...{ status: 400, type: "bad-parameters", words: 'must be "stored"' },
  },
  {
    ...{ name: "a long Idempotency-Key", body: JSON.stringify(point) },
    headers: { "idempotency-key": "k".repeat(256) },
    ...{ status: 400, type: "bad-parameters", words: "1 to 255 visible ASCII characters" },
  },
];

/** Pushes that look hostile and are not: what they hold is text like any other. */
export const ODD_PUSHES: readonly { name: string; path: string; body: string }[] = [
  ...[
    "'; drop table points; --",
    '"}\\{NULL,\\x00"',
    "{{7*7}}<script>alert(1)</script>",
    "\u2028\ud83d\ude00\u0001\t",
    "温度",
  ].flatMap((text) => [
    {
      name: `a metric with the name and label ${JSON.stringify(text)}`,
      path: "/api/metrics",
      body: JSON.stringify({ symbol: "HOSTILE", metric: text, value: 1, labels: { [text]: text } }),
    },
    {
      name: `a trade with the id ${JSON.stringify(text)}`,
      path: "/api/trades",
      body: JSON.stringify({ ...trade, id: text, venue: text }),
    },
  ]),
  {
    name: "labels named like parts of every object",
    path: "/api/metrics",
    body: '{"symbol":"HOSTILE","metric":"m","value":1,"labels":{"constructor":"y","toString":"z"}}',
  },
  {
    name: "a key that is there twice",
    path: "/api/metrics",
    body: '{"symbol":"HOSTILE","metric":"m","value":1,"value":2}',
  },
  {
    name: "a book as long as it may be, with numbers at both ends",
    path: "/api/books",
    body: JSON.stringify({
      symbol: "HOSTILE",
      type: "snapshot",
      bids: Array.from({ length: 1_000 }, (_, at) => [-1e100 + at * 1e97, 1e100]),
      asks: Array.from({ length: 1_000 }, (_, at) => [5e-324 * (at + 1), 5e-324]),
      seq: Number.MAX_SAFE_INTEGER,
    }),
  },
  {
    name: "a change of a book that nobody has",
    path: "/api/books",
    body: '{"symbol":"HOSTILE","type":"diff","bids":[],"asks":[[-0,0]],"ts":"1880-01-02T00:00:00Z"}',
  },
  {
    name: "numbers at both ends",
    path: "/api/metrics",
    body: '[{"symbol":"HOSTILE","metric":"ends","value":1e100},{"symbol":"HOSTILE","metric":"ends","value":-1e100,"ts":"1990-01-01T00:00:00Z"},{"symbol":"HOSTILE","metric":"ends","value":5e-324,"ts":"1990-01-02T00:00:00Z"}]',
  },
];

/** A gigabyte of zeros that comes as less than a megabyte. */
export async function zipBomb(): Promise<Uint8Array<ArrayBuffer>> {
  const zeros = Buffer.alloc(MIB);
  const stream = Readable.from(Array<Buffer>(954).fill(zeros)).pipe(createGzip());
  return new Uint8Array(Buffer.concat(await stream.toArray()));
}

function gzip(content: string | Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(gzipSync(content));
}

function bytes(values: readonly number[]): Uint8Array<ArrayBuffer> {
  return new Uint8Array(values);
}

function numbered(count: number, text: string): Record<string, string> {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [`label${index}`, text]));
}
