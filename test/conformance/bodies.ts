import {
  eventsOf,
  gzip,
  numbers,
  points,
  post,
  push,
  refusal,
  refusalOf,
  valuesOf,
  wordsOf,
} from "./asking.ts";
import { equals, holds } from "./expectation.ts";
import type { Check, Server } from "./server.ts";

const MIB = 1_048_576;
const NDJSON = { "content-type": "application/x-ndjson" };
const GZIP = { "content-encoding": "gzip" };

/** What a push may look like (SPEC, Ingest). */
export const bodies: readonly Check[] = [
  { rule: "I-2", run: formsOfABody },
  { rule: "I-2", run: limitsOfABody },
  { rule: "I-3", run: valuesInRange },
  { rule: "I-4", run: fields },
  { rule: "I-5", run: times },
  { rule: "I-17", run: manyEvents },
  { rule: "I-18", run: shortRefusals },
  { rule: "I-19", run: sequenceNumbers },
];

async function formsOfABody(server: Server): Promise<void> {
  const symbol = server.newSymbol();
  const [one, two, three, four] = points(server, symbol, 1, 4).map((point) =>
    JSON.stringify(point),
  );
  await push(server, "metrics", `\uFEFF${one}`);
  await push(server, "metrics", `[${two}]`);
  await push(server, "metrics", `\n${three}\n\n`, { headers: NDJSON });
  const members = [
    await gzip(`[${four},`),
    await gzip(JSON.stringify({ ...JSON.parse(four ?? ""), value: 5 })),
    await gzip("]"),
  ];
  await push(server, "metrics", joined(members), { headers: GZIP });
  equals("events of every form:", valuesOf(await eventsOf(server, symbol)), [1, 2, 3, 4, 5]);

  const refused = async (what: string, body: string | Uint8Array, status: number, headers = {}) =>
    refusal(what, await post(server, "metrics", body, { headers }), status);
  await refused("XML", "<m/>", 415, { "content-type": "text/xml" });
  await refused("brotli", one ?? "", 415, { "content-encoding": "br" });
  await refused("no JSON", '{"metric":', 400);
  await refused("an empty body", "", 400);
  await refused("an empty batch", "[]", 400);
  await refused("blank lines alone", "\n\n", 400, NDJSON);
  await refused("bytes that are no UTF-8", new Uint8Array([0x7b, 0xff, 0x7d]), 400);
  await refused("half a gzip", joined(members).subarray(0, 20), 400, GZIP);
}

async function limitsOfABody(server: Server): Promise<void> {
  const one = JSON.stringify(points(server, server.newSymbol(), 1)[0]);
  await push(server, "metrics", one.padEnd(MIB));
  const long = await post(server, "metrics", one.padEnd(MIB + 1));
  refusal("1 MiB and a byte", long, 413);
  await push(server, "metrics", await gzip(one.padEnd(8 * MIB)), { headers: GZIP });
  const bomb = await gzip(one.padEnd(8 * MIB + 1));
  refusal("8 MiB and a byte unzipped", await post(server, "metrics", bomb, { headers: GZIP }), 413);
}

async function valuesInRange(server: Server): Promise<void> {
  const symbol = server.newSymbol();
  const point = { symbol, metric: "m", value: 1 };
  const labels = (count: number, text: string) =>
    Object.fromEntries(numbers(0, count).map((at) => [`label${at}`, text]));
  await push(server, "metrics", [
    { ...point, value: 1e100 },
    { ...point, value: -1e100, metric: "m".repeat(200), labels: labels(32, "x") },
  ]);
  const bad: [string, string][] = [
    ["value", JSON.stringify({ ...point, value: 1.1e100 })],
    ["value", `{"symbol":"${symbol}","metric":"m","value":1e999}`],
    ["value", JSON.stringify({ ...point, value: "1" })],
    ["metric", JSON.stringify({ ...point, metric: "" })],
    ["metric", JSON.stringify({ ...point, metric: "m".repeat(201) })],
    ["metric", JSON.stringify({ ...point, metric: "a\u0000" })],
    ["metric", `{"symbol":"${symbol}","metric":"\\ud800","value":1}`],
    ["labels", JSON.stringify({ ...point, labels: labels(33, "x") })],
    ["labels", JSON.stringify({ ...point, labels: labels(13, "x".repeat(200)) })],
  ];
  for (const [field, text] of bad) {
    const problem = refusal(text, await post(server, "metrics", text), 422);
    const paths = (problem.errors ?? []).map(({ path }) => path);
    holds(
      `the path of ${field} named`,
      paths.some((path) => path.includes(field)),
      problem,
    );
  }
  const both = [{ ...point, value: null }, point, { ...point, metric: 5 }];
  const { errors = [] } = refusal("two bad items", await post(server, "metrics", both), 422);
  const named = errors.map(({ path }) => path.replace(/\D/g, ""));
  equals("both items named:", [...new Set(named)], ["0", "2"]);
}

async function fields(server: Server): Promise<void> {
  const symbol = server.newSymbol();
  const point = { symbol, metric: "m", value: 1 };
  await push(server, "metrics", { ...point, kind: "metric" });
  refusal("another route's kind", await post(server, "metrics", { ...point, kind: "trade" }), 422);
  const problem = refusal("a field", await post(server, "metrics", { ...point, prize: 1 }), 422);
  holds("the unknown field named", wordsOf(problem).includes("prize"), problem);
}

async function times(server: Server): Promise<void> {
  const symbol = server.newSymbol();
  const nowS = Math.floor(server.clock.nowMs() / 1_000);
  const base = { symbol, metric: "m", value: 1 };
  const tsOf = async (ts: number | string | undefined, query = "") => {
    const item = ts === undefined ? base : { ...base, ts };
    await push(server, "metrics", item, { query });
    return (await eventsOf(server, symbol)).at(-1)?.ts;
  };
  equals("RFC 3339", await tsOf("2020-01-01T01:00:00.000001+01:00"), 1_577_836_800_000_001);
  equals("microseconds", await tsOf(1_577_836_800_000_002), 1_577_836_800_000_002);
  equals("seconds", await tsOf(1_577_836_803, "?precision=s"), 1_577_836_803_000_000);
  equals("milliseconds", await tsOf(1_577_836_804_000, "?precision=ms"), 1_577_836_804_000_000);
  const digits = "1577836805000006789";
  equals("nanoseconds as text", await tsOf(digits, "?precision=ns"), 1_577_836_805_000_006);
  const now = (await tsOf(undefined)) ?? 0;
  holds("no ts is now", Math.abs(now / 1e6 - nowS) < 600, now);

  const refused = async (ts: unknown, words: string) => {
    const answer = await post(server, "metrics", { ...base, ts });
    const problem = refusal(`ts ${ts}`, answer, 422);
    holds(`ts ${ts} told: ${words}`, wordsOf(problem).includes(words), problem);
  };
  await refused(nowS, "seconds");
  await refused(nowS * 1_000, "milliseconds");
  await refused(-2_000_000_000, "seconds");
  for (const ts of [0, -1, "1879-12-31T23:59:59Z", "2026-01-01T00:00:00", "yesterday"]) {
    await refused(ts, "");
  }
  await refused((nowS + 1_300) * 1_000_000, "");
  for (const ts of [0, -1]) {
    const answer = await post(server, "metrics", { ...base, ts }, { query: "?precision=s" });
    refusal(`${ts} seconds`, answer, 422);
  }
}

async function manyEvents(server: Server): Promise<void> {
  const symbol = server.newSymbol();
  const item = JSON.stringify({ symbol, metric: "many", value: 1 });
  const many = (count: number) => gzip(`[${Array(count).fill(item).join(",")}]`);
  const refused = await post(server, "metrics", await many(20_001), { headers: GZIP });
  refusalOf("20,001 events", refused, 413, "too-many-events");
  const gone = await server.http(`/api/rooms/${symbol}/events?since=0`);
  equals("nothing of them taken:", gone.status, 404);
  const { accepted } = await push(server, "metrics", await many(20_000), { headers: GZIP });
  equals("accepted", accepted, 20_000);
  const fields = Object.fromEntries(numbers(0, 5_001).map((at) => [`k${at}`, 1]));
  refusal(
    "one item of 10,002 braces, commas and colons",
    await post(server, "metrics", fields),
    400,
  );
  // Long, for the product looks at no nesting of a short body and says 422 for what else is wrong with it.
  const deep = `{"metric":"m","labels":${'{"a":'.repeat(17)}1${"}".repeat(18)}`.padEnd(20_000);
  refusal("17 levels", await post(server, "metrics", deep), 400);
}

async function shortRefusals(server: Server): Promise<void> {
  const bad = Array(30).fill({ symbol: server.newSymbol(), metric: 5, value: 1 });
  const { errors = [] } = refusal("30 bad items", await post(server, "metrics", bad), 422);
  holds("1 to 20 errors", errors.length > 0 && errors.length <= 20, errors.length);
  const unknown = { [`field${"x".repeat(2_000)}`]: 1, metric: "m", value: 1 };
  const long = refusal("a long name", await post(server, "metrics", unknown), 422);
  for (const { path, message } of long.errors ?? []) {
    const length = [path.length, message.length];
    holds("200 and 500 characters at most", path.length <= 200 && message.length <= 500, length);
  }
  refusal("NUL in a query", await server.http("/api/history/A%00?interval=1m"), 400);
  refusal("NUL in a parameter", await server.http("/api/series?metric=a%00b&symbol=A"), 400);
}

async function sequenceNumbers(server: Server): Promise<void> {
  const symbol = server.newSymbol();
  const book = { symbol, type: "snapshot", bids: [[1, 1]], asks: [[2, 1]] };
  const withSeq = (seq: string) => JSON.stringify(book).replace("{", `{"seq":${seq},`);
  const given = ["0", "9007199254740991", '"9223372036854775807"', '"42"'];
  for (const seq of given) await push(server, "books", withSeq(seq));
  const told = (await eventsOf(server, symbol)).map((each) => each.kind === "book" && each.seq);
  equals("seq told as", told, [0, 9_007_199_254_740_991, "9223372036854775807", 42]);
  for (const seq of ["-1", "1.5", "9007199254740993", '"9223372036854775808"']) {
    refusal(`seq ${seq}`, await post(server, "books", withSeq(seq)), 422);
  }
}

function joined(parts: readonly Uint8Array<ArrayBuffer>[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
