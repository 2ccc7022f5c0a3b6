import { packSnappy } from "../../bench/load/posts/pack-snappy.ts";
import type { MetricEvent } from "../../src/protocol/events/event.ts";
import { type WrittenSeries, writeRequest1, writeRequest2 } from "../wire/messages.ts";
import { eventsOf, gzip, minuteUs, post } from "./asking.ts";
import { equals, holds } from "./expectation.ts";
import type { Answer, Check, Server } from "./server.ts";

const V1 = "application/x-protobuf";
const V2 = "application/x-protobuf;proto=io.prometheus.write.v2.Request";
const JSON_TYPE = { "content-type": "application/json" };

/** What other senders push (SPEC, Other formats; Line protocol). The server names rooms by the label `symbol`. */
export const formats: readonly Check[] = [
  { rule: "O-1", run: sameSeries },
  { rule: "O-2", run: remoteWrite },
  { rule: "O-3", run: noValue },
  { rule: "O-4", run: refusedSamples },
  { rule: "O-5", run: nativeHistogram },
  { rule: "O-6", run: otlp },
  { rule: "O-7", run: kindsOfPoints },
  { rule: "O-8", run: refusedDataPoints },
  { rule: "LP-1", run: lines },
  { rule: "LP-2", run: refusedLines },
  { rule: "LP-3", run: fieldsOfText },
];

/** Metric, labels and value of all points of a symbol, in the order of their names. */
async function pointsOf(server: Server, symbol: string): Promise<unknown[]> {
  const points = (await eventsOf(server, symbol)).filter(
    (event): event is MetricEvent => event.kind === "metric",
  );
  return points
    .map(({ metric, labels = {}, value }) => [metric, labels, value])
    .sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}

function write(server: Server, series: WrittenSeries[], type = V2): Promise<Answer> {
  const encode = type === V1 ? writeRequest1 : writeRequest2;
  return server.http("/api/v1/write", {
    ...{ method: "POST", body: packSnappy(encode(series)) },
    headers: { "content-type": type, "content-encoding": "snappy" },
  });
}

/** A series with a sample of each value, a second between them. */
function up(server: Server, symbol: string, labels: Record<string, string>, ...values: number[]) {
  const startMs = server.clock.nowMs() - 60_000;
  const samples = values.map((value, at) => ({ value, timeMs: startMs + at * 1_000 }));
  return { labels: { __name__: "up", symbol, ...labels }, samples };
}

async function sameSeries(server: Server): Promise<void> {
  const symbol = server.newSymbol();
  const labels = { job: "desk" };
  equals("a write answered", (await write(server, [up(server, symbol, labels, 1)])).status, 204);
  const point = { symbol, metric: "up", labels, value: 2 };
  equals("a push answered", (await post(server, "metrics", point)).status, 202);
  const empty = { ...labels, zone: "" };
  equals("a write answered", (await write(server, [up(server, symbol, empty, 3)])).status, 204);
  const expected = [1, 2, 3].map((value) => ["up", labels, value]);
  equals("points of one series:", await pointsOf(server, symbol), expected);
}

async function remoteWrite(server: Server): Promise<void> {
  const symbol = server.newSymbol();
  const first = await write(server, [up(server, symbol, {}, 1, 2)], V1);
  equals("1.0 answered", [first.status, first.text], [204, ""]);
  const second = await write(server, [{ ...up(server, symbol, { a: "b" }, 3), exemplars: 1 }]);
  const written = ["samples", "histograms", "exemplars"].map((what) =>
    second.headers.get(`x-prometheus-remote-write-${what}-written`),
  );
  equals("2.0 answered", [second.status, ...written], [204, "1", "0", "0"]);
  equals("points of both", await pointsOf(server, symbol), [
    ["up", { a: "b" }, 3],
    ["up", {}, 1],
    ["up", {}, 2],
  ]);
  const refused = async (what: string, status: number, body: string, headers: object) => {
    const all = { "content-type": V2, "content-encoding": "snappy", ...headers };
    const answer = await server.http("/api/v1/write", { method: "POST", body, headers: all });
    equals(`${what} answered with`, answer.status, status);
    holds(`${what}: a line of text`, /^[^\n]+\n$/.test(answer.text), answer.text);
  };
  await refused("JSON", 415, "{}", JSON_TYPE);
  await refused("gzip", 415, "x", { "content-encoding": "gzip" });
  await refused("what does not unpack", 400, "not snappy", {});
}

async function noValue(server: Server): Promise<void> {
  const symbol = server.newSymbol();
  const answer = await write(server, [up(server, symbol, {}, 1, Number.NaN)]);
  const counted = answer.headers.get("x-prometheus-remote-write-samples-written");
  equals("a NaN answered", [answer.status, counted], [204, "2"]);
  equals("points beside a NaN", await pointsOf(server, symbol), [["up", {}, 1]]);
}

async function refusedSamples(server: Server): Promise<void> {
  const symbol = server.newSymbol();
  const future = [{ value: 4, timeMs: server.clock.nowMs() + 3_600_000 }];
  const answer = await write(server, [
    up(server, symbol, { a: "infinite" }, Number.POSITIVE_INFINITY),
    { ...up(server, symbol, { a: "tomorrow" }), samples: future },
    up(server, symbol, { a: "good" }, 5),
  ]);
  equals("two bad samples answered", answer.status, 400);
  holds("how many are bad", answer.text.startsWith("2 samples"), answer.text);
  equals("points beside them", await pointsOf(server, symbol), [["up", { a: "good" }, 5]]);
}

async function nativeHistogram(server: Server): Promise<void> {
  const symbol = server.newSymbol();
  const histogram = {
    ...{ timeMs: server.clock.nowMs() - 1_000, count: 3, sum: 4.5, schema: 0 },
    // Of schema 0 bucket 1 is (1, 2], and its neighbours twice and half of that.
    positive: { spans: [[1, 2]] as [number, number][], deltas: [1, 1] },
  };
  const labels = { __name__: "rtt", symbol };
  equals("answered", (await write(server, [{ labels, histograms: [histogram] }])).status, 204);
  const names = (await eventsOf(server, symbol)).flatMap((event) =>
    event.kind === "metric" ? [[event.metric, event.labels?.["le"] ?? null, event.value]] : [],
  );
  const [count, sum] = ["rtt_count", "rtt_sum"].map((name) => names.find(([at]) => at === name));
  equals("count and sum", [count?.[2], sum?.[2]], [3, 4.5]);
  const buckets = names
    .filter(([name]) => name === "rtt_bucket")
    .map(([, le, value]) => [le, value]);
  for (const bucket of [
    ["2", 1],
    ["4", 3],
  ]) {
    holds(
      `a bucket of ${bucket}`,
      buckets.some((each) => String(each) === String(bucket)),
      buckets,
    );
  }
}

const WHO = { service: "gateway" };
const attribute = (key: string, stringValue: string) => ({ key, value: { stringValue } });

/** Metrics of a resource that names a service and the room. */
function exported(symbol: string, metrics: readonly object[]): string {
  const attributes = [attribute("service.name", WHO.service), attribute("symbol", symbol)];
  const resource = { attributes: [...attributes, attribute("host.name", "h1")] };
  return JSON.stringify({ resourceMetrics: [{ resource, scopeMetrics: [{ metrics }] }] });
}

function exportMetrics(
  server: Server,
  body: string | Uint8Array<ArrayBuffer>,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const all = { ...JSON_TYPE, ...headers };
  return server.http("/v1/metrics", { method: "POST", body, headers: all });
}

const gauge = (name: string, ...dataPoints: object[]) => ({ name, gauge: { dataPoints } });

async function otlp(server: Server): Promise<void> {
  const symbol = server.newSymbol();
  const side = { attributes: [attribute("side", "buy")] };
  const plain = await exportMetrics(
    server,
    exported(symbol, [gauge("g", { asDouble: 1.5, ...side })]),
  );
  equals("JSON answered", [plain.status, plain.text], [200, "{}"]);
  const body = await gzip(exported(symbol, [gauge("h", { asInt: "-7" })]));
  const zipped = await exportMetrics(server, body, { "content-encoding": "gzip" });
  equals("gzip answered", zipped.status, 200);
  const empty = new Uint8Array();
  const protobuf = await exportMetrics(server, empty, { "content-type": "application/x-protobuf" });
  const type = protobuf.headers.get("content-type");
  equals("protobuf answered", [protobuf.status, type], [200, "application/x-protobuf"]);
  const expected = [
    ["g", { side: "buy", ...WHO }, 1.5],
    ["h", WHO, -7],
  ];
  equals("points", await pointsOf(server, symbol), expected);
}

async function kindsOfPoints(server: Server): Promise<void> {
  const symbol = server.newSymbol();
  const summary = { count: "2", sum: 3, quantileValues: [{ quantile: 0.5, value: 1 }] };
  const histogram = {
    ...{ count: "3", sum: 9, min: 1, max: 5 },
    ...{ explicitBounds: [2], bucketCounts: ["1", "2"] },
  };
  const body = exported(symbol, [
    { name: "s", sum: { aggregationTemporality: 1, dataPoints: [{ asInt: "2" }] } },
    gauge("none", { asInt: "0", flags: 1 }),
    { name: "l", histogram: { aggregationTemporality: 2, dataPoints: [histogram] } },
    { name: "q", summary: { dataPoints: [summary] } },
  ]);
  equals("answered", (await exportMetrics(server, body)).status, 200);
  equals("points", await pointsOf(server, symbol), [
    ["l_bucket", { ...WHO, le: "+Inf" }, 3],
    ["l_bucket", { ...WHO, le: "2" }, 1],
    ["l_count", WHO, 3],
    ["l_max", WHO, 5],
    ["l_min", WHO, 1],
    ["l_sum", WHO, 9],
    ["q", { ...WHO, quantile: "0.5" }, 1],
    ["q_count", WHO, 2],
    ["q_sum", WHO, 3],
    ["s", WHO, 2],
  ]);
}

async function refusedDataPoints(server: Server): Promise<void> {
  const symbol = server.newSymbol();
  const values = [gauge("g", { asInt: "1" }), gauge("bad", { asDouble: "Infinity" })];
  const answer = await exportMetrics(server, exported(symbol, values));
  equals("a bad data point answered", answer.status, 200);
  const { partialSuccess } = JSON.parse(answer.text);
  equals("refused", partialSuccess?.rejectedDataPoints, "1");
  holds("which and why", partialSuccess.errorMessage.includes("bad"), partialSuccess);
  equals("points", await pointsOf(server, symbol), [["g", WHO, 1]]);
  const broken = await exportMetrics(server, "{");
  equals("no JSON answered", [broken.status, JSON.parse(broken.text).code], [400, 3]);
}

const writeLines = (server: Server, body: string, query = "", path = "/api/v2/write") =>
  server.http(`${path}?org=o&bucket=b${query}`, {
    ...{ method: "POST", body },
    headers: { "content-type": "text/plain; charset=utf-8" },
  });

async function lines(server: Server): Promise<void> {
  const symbol = server.newSymbol();
  const startUs = minuteUs(server, 2);
  const body = [
    `order,symbol=${symbol},venue=x\\ y latency_ms=1.5,fills=3i,big=4u,ok=true ${startUs}000`,
    `order,symbol=${symbol} value=2 ${startUs + 1}999`,
  ];
  const answer = await writeLines(server, body.join("\n"));
  equals("answered", [answer.status, answer.text], [204, ""]);
  const short = `order,symbol=${symbol} value=3 ${startUs / 1_000_000}`;
  const first = await writeLines(server, short, "&precision=s", "/write");
  equals("/write answered", first.status, 204);
  equals("points", await pointsOf(server, symbol), [
    ["order", {}, 2],
    ["order", {}, 3],
    ["order_big", { venue: "x y" }, 4],
    ["order_fills", { venue: "x y" }, 3],
    ["order_latency_ms", { venue: "x y" }, 1.5],
    ["order_ok", { venue: "x y" }, 1],
  ]);
  const times = (await eventsOf(server, symbol)).map(({ ts }) => ts - startUs);
  equals("times", [...new Set(times)].sort(), [0, 1]);
}

async function refusedLines(server: Server): Promise<void> {
  const symbol = server.newSymbol();
  const good = `m,symbol=${symbol} value=1`;
  const body = `${good}\nm,symbol=${symbol} value=\nm,symbol=${symbol} other=2,more=1e999`;
  const answer = await writeLines(server, body);
  equals("two bad lines answered", answer.status, 400);
  const { code, message } = JSON.parse(answer.text);
  equals("the code", code, "invalid");
  holds("both lines named", /\b2\b/.test(message) && /\b3\b/.test(message), message);
  equals("points of the good one", await pointsOf(server, symbol), [["m", {}, 1]]);
  const old = await writeLines(server, "m", "", "/write");
  equals("/write answered", [old.status, typeof JSON.parse(old.text).error], [400, "string"]);
}

async function fieldsOfText(server: Server): Promise<void> {
  const symbol = server.newSymbol();
  const answer = await writeLines(server, `m,symbol=${symbol} value=1,note="a, b",other="c"`);
  equals("answered", answer.status, 204);
  const leftOut = answer.headers.get("x-edgetape-left-out");
  holds("2 fields left out", /^2\b/.test(leftOut ?? ""), leftOut);
  equals("points", await pointsOf(server, symbol), [["m", {}, 1]]);
}
