import { execFile, spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { InfluxDB, Point } from "@influxdata/influxdb-client";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import fc from "fast-check";
import { parquetReadObjects } from "hyparquet";
import { afterAll, beforeAll, expect, it } from "vitest";
import { WebSocket } from "ws";
import { packSnappy } from "../../bench/load/posts/pack-snappy.ts";
import { fewAtOnce } from "../../src/core/limits/few-at-once.ts";
import { TOOLS } from "../../src/formats/mcp/tools.ts";
import {
  bookAnswerSchema,
  historyAnswerSchema,
  metricNamesAnswerSchema,
  pollAnswerSchema,
  positionsAnswerSchema,
  seriesAnswerSchema,
  symbolsAnswerSchema,
} from "../../src/protocol/answers/answers.ts";
import { logsAnswerSchema } from "../../src/protocol/answers/logs.ts";
import { traceAnswerSchema } from "../../src/protocol/answers/trace.ts";
import { LANGUAGES } from "../../web/reference/examples.ts";
import { ROUTES } from "../../web/reference/routes.ts";
import { anySymbol, HARD_SYMBOLS } from "../any-symbol.ts";
import { AnswerChecker } from "../reference/answer-checker.ts";
import { runExamples } from "../reference/run-examples.ts";
import { writeRequest2 } from "../wire/messages.ts";
import { until } from "./chaos/until.ts";
import { PROJECT_DIR, type RunningProduct, startProduct, temporaryDataDir } from "./product.ts";
import { measureOnce } from "./senders/open-telemetry.ts";
import { logOnce } from "./senders/otlp-logs.ts";
import { hasPrometheus, Prometheus } from "./senders/prometheus.ts";

const JSON_BODY = { "content-type": "application/json" };

const folder = temporaryDataDir();
let product: RunningProduct;
let token: string;

beforeAll(async () => {
  product = await startProduct({ dataDir: folder.dataDir });
  token = await product.token();
});
afterAll(async () => {
  await product.killGroup();
  folder.remove();
});

it("LP-1 what InfluxData's client writes is a series, value for value", async () => {
  const firstUs = (Date.now() - 3_600_000) * 1_000;
  const values = Array.from({ length: 2_000 }, (_, at) => Math.sin(at) * 10 ** ((at % 40) - 20));
  let written = 0;
  const api = new InfluxDB({ url: product.url, token }).getWriteApi("org", "bucket", "us", {
    maxRetries: 0,
    // Bodies of this length and more are gzip.
    gzipThreshold: 1_000,
    writeSuccess: (lines) => {
      written += lines.length;
    },
  });
  for (const [at, value] of values.entries()) {
    const point = new Point("desk")
      .tag("symbol", "LINE")
      .tag("name", "a, b=c")
      .timestamp(firstUs + at);
    api.writePoint(point.floatField("pnl", value));
  }
  await api.close();
  // It waits for the last batch alone, and the one before may be under way.
  await expect.poll(() => written).toBe(values.length);
  const query = "metric=desk_pnl&symbol=LINE&step=raw&from=now-2h";
  const { series } = seriesAnswerSchema.parse(await read(`/api/series?${query}`));
  expect(series).toMatchObject([
    { labels: { name: "a, b=c" }, ts: values.map((_, at) => firstUs + at), last: values },
  ]);
});

it("C-5 whatever symbol the grammar has goes in by every push and comes back by every read", async () => {
  const seed = Math.floor(Math.random() * 1e9);
  const symbols = [...new Set([...HARD_SYMBOLS, ...fc.sample(anySymbol, { numRuns: 4, seed })])];
  const priceOf = (symbol: string) => symbols.indexOf(symbol) + 1;
  const each = (make: (symbol: string, price: number) => object) =>
    symbols.map((symbol) => ({ symbol, ...make(symbol, priceOf(symbol)) }));
  await push(
    "/api/trades?wait=stored",
    each((_, price) => ({ price, size: 1 })),
  );
  await push(
    "/api/metrics?wait=stored",
    each((_, value) => ({ metric: "m", value })),
  );
  await push(
    "/api/positions?wait=stored",
    each((_, quantity) => ({ quantity, kind: "position" })),
  );
  await push(
    "/api/books",
    each((_, price) => ({ type: "snapshot", bids: [[price, 1]], asks: [] })),
  );
  const day = { interval: "1d", ts: "2020-01-02T00:00:00Z", volume: 1 };
  await push(
    "/api/bars",
    each((_, price) => ({ ...day, open: price, high: price, low: price, close: price })),
  );

  const listed = symbolsAnswerSchema.parse(await read("/api/symbols")).symbols;
  expect(listed.map(({ symbol }) => symbol)).toEqual(expect.arrayContaining(symbols));
  const found = await fewAtOnce(symbols, async (symbol) => {
    const name = encodeURIComponent(symbol);
    const { bars } = historyAnswerSchema.parse(await read(`/api/history/${name}?interval=1D`));
    const { series } = seriesAnswerSchema.parse(
      await read(`/api/series?metric=m&symbol=${name}&agg=mean&step=60`),
    );
    const positions = positionsAnswerSchema.parse(await read(`/api/positions/${name}`));
    const book = bookAnswerSchema.parse(await read(`/api/books/${name}`));
    const names = metricNamesAnswerSchema.parse(await read(`/api/metrics/names?symbol=${name}`));
    const poll = pollAnswerSchema.parse(await read(`/api/rooms/${name}/events?since=0`));
    const exported = await text(`/api/export?kind=trade&symbol=${name}`);
    return {
      symbol,
      closes: bars.map(({ close }) => close),
      means: series.map(({ avg }) => avg),
      quantities: positions.positions.map(({ quantity }) => quantity),
      bids: book.book?.bids,
      metrics: names.metrics.map(({ metric }) => metric),
      kinds: poll.events.map(({ kind }) => kind),
      lines: exported
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line).symbol as unknown),
      live: await firstEventsOf(name),
    };
  });
  expect(found).toEqual(
    symbols.map((symbol) => ({
      symbol,
      closes: [priceOf(symbol), priceOf(symbol)],
      means: [[priceOf(symbol)]],
      quantities: [priceOf(symbol)],
      bids: [[priceOf(symbol), 1]],
      metrics: ["m"],
      kinds: ["trade", "metric", "position", "book"],
      lines: [symbol],
      live: ["trade", "metric", "position", "book"],
    })),
  );
}, 60_000);

it("B-7 I-20 a file of sessions comes through a pipe, packed, and is drawn as it is", async () => {
  const rows = ["2026-01-30 14:30", "2026-06-29 13:30", "2026-06-30 13:30:00+00"]
    .map((time, at) => `${time},2,4,1,${at + 1},10`)
    .join("\n");
  const file = gzipSync(
    Buffer.from(`\uFEFFDate,Open,High,Low,Close,Vol\r\n${rows}\r\n`, "utf16le"),
  );
  const args = ["-", "--symbol", "ES=F", "--interval", "1d", "--offset", "13h30m,14h30m"];
  const done = await run("dev/import.ts", args, file);
  expect(done).toMatchObject({ code: 0, stdout: expect.stringMatching(/^3 bars are in/) });
  const history = await read("/api/history/ES%3DF?interval=1d&from=2026-01-01&to=2026-07-01");
  const { bars } = historyAnswerSchema.parse(history);
  expect(bars.map(({ ts, close }) => [new Date(ts / 1_000).toISOString(), close])).toEqual([
    ["2026-01-30T14:30:00.000Z", 1],
    ["2026-06-29T13:30:00.000Z", 2],
    ["2026-06-30T13:30:00.000Z", 3],
  ]);
  const risk = (await read("/api/analytics/risk?symbol=ES%3DF")) as { from: number };
  expect(risk.from).toBe(Date.UTC(2020, 0, 2) * 1_000);
});

it("I-5 an export can be pushed again as it is, by hand and by the command, whatever is in it", async () => {
  const labels = { note: "a\u2028b" };
  await push("/api/metrics?precision=us&wait=stored", [
    { symbol: "OLD", metric: "m", value: 1, ts: 5, labels },
    { symbol: "OLD", metric: "m", value: 2, ts: -90_000_000_000_000, labels },
    { symbol: "OLD", metric: "m", value: 3, ts: "1970-01-01T00:00:00Z", labels },
  ]);
  const lines = await text("/api/export?kind=metric&symbol=OLD");
  expect(lines.trim().split("\n")).toHaveLength(3);
  const headers = { "content-type": "application/x-ndjson" };
  expect((await post("/api/metrics", `\uFEFF${lines}`, headers)).status).toBe(202);
  const file = join(folder.dataDir, "old.ndjson");
  writeFileSync(file, lines);
  expect((await run("dev/demo.ts", ["--file", file])).code).toBe(0);
  expect(await text("/api/export?kind=metric&symbol=OLD")).toBe(lines);
});

it("an export is the same as NDJSON, as CSV in Python and as Parquet, and its CSV can be pushed again", async () => {
  const hostile = { id: '=HYPERLINK("x"),\r\n"', venue: "+cmd|' /C'!A0", side: "sell" };
  const first = Date.UTC(2026, 0, 5) * 1_000;
  await push("/api/trades?precision=us&wait=stored", [
    ...Array.from({ length: 4_500 }, (_, at) => {
      return { symbol: "TAB", ts: first + at, price: at / 7, size: 2 ** 53 - at };
    }),
    { symbol: "TAB", ts: first + 4_500, price: -1e100, size: 0, ...hostile },
  ]);
  const labels = { 'a"b': "c,d\n", x: "=1" };
  await push("/api/metrics", [{ symbol: "TAB", metric: "m, n", value: 0.1, labels }]);
  const query = "/api/export?symbol=TAB&kind=trade";
  const lines = (await text(query)).trim().split("\n");
  const events = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(events).toHaveLength(4_501);

  const csv = await fetch(`${product.url}${query}&format=csv`);
  expect(csv.headers.get("content-type")).toBe("text/csv; charset=utf-8; header=present");
  expect(csv.headers.get("edgetape-cursor")).toMatch(/^\d+$/);
  const asPython = spawnSync("python3", ["-c", READ_CSV], { input: await csv.text() });
  const rows = JSON.parse(String(asPython.stdout)) as Record<string, unknown>[];
  expect(rows).toEqual(events.map(({ kind: _, ...rest }) => rest));

  const parquet = await fetch(`${product.url}${query}&format=parquet`);
  expect(parquet.headers.get("content-type")).toBe("application/vnd.apache.parquet");
  const table = await parquetReadObjects({
    file: await parquet.arrayBuffer(),
    parsers: { timestampFromMicroseconds: Number } as never,
  });
  const present = (row: Record<string, unknown>) =>
    Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null));
  expect(table.map((row) => ({ kind: "trade", ...present(row) }))).toEqual(events);

  const file = join(folder.dataDir, "table.csv");
  const again = "/api/export?kind=metric&symbol=TAB";
  const before = await text(again);
  writeFileSync(file, await text(`${again}&format=csv`));
  expect((await run("dev/demo.ts", ["--file", file])).code).toBe(0);
  expect(await text(again)).toBe(before);
  expect(JSON.parse(before)).toMatchObject({ metric: "m, n", labels });
});

/** CSV on standard input as JSON: integer microseconds, numbers, and nothing where a field is empty. */
const READ_CSV = `
import csv, datetime, io, json, sys
epoch = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
rows = csv.DictReader(io.StringIO(sys.stdin.buffer.read().decode(), newline=""))
def value(name, text):
    if name == "ts":
        return (datetime.datetime.fromisoformat(text.replace("Z", "+00:00")) - epoch) // datetime.timedelta(microseconds=1)
    return float(text) if name in ("price", "size") else text
print(json.dumps([{k: value(k, v) for k, v in row.items() if v != ""} for row in rows]))`;

it.each(["legacy", "auto"] as const)(
  "an assistant's client (%s) lists the tools, asks them and is told what it may not",
  async (mode) => {
    const symbol = `MCP/${mode}`;
    const ts = Date.now() * 1_000 - 60_000_000;
    const trades = Array.from({ length: 700 }, (_, at) => ({
      symbol,
      price: at,
      size: 1,
      ts: ts + at,
    }));
    const rule = { symbols: symbol, on: { price: "last" }, condition: { above: 600 } };
    const put = await fetch(`${product.url}/api/alerts/rules/mcp-${mode}`, {
      ...{ method: "PUT", body: JSON.stringify(rule) },
      headers: { authorization: `Bearer ${await product.token()}` },
    });
    expect(put.status).toBe(201);
    await push("/api/trades", trades);
    await push("/api/metrics", [{ symbol, metric: "pnl", value: 12.5, ts }]);
    await push("/api/positions", [
      { symbol, quantity: 0, account: "desk", ts: ts - 1_000 },
      { symbol, quantity: -3, account: "desk", ts },
    ]);
    await push("/api/books", [{ symbol, type: "snapshot", bids: [[1, 2]], asks: [[3, 4]], ts }]);
    const id = `c-${mode}`;
    await push("/api/orders", [{ symbol, id: "o-1", status: "sent", correlation_id: id, ts }]);
    const line = {
      level: "warn",
      event: "order sent",
      service: "gateway",
      correlation_id: id,
      symbol,
    };
    await push("/api/logs", [line]);
    const client = await assistant(
      mode,
      await product.token({ scopes: ["read"], symbols: ["MCP/*"] }),
    );
    try {
      expect(client.getProtocolEra()).toBe(mode === "auto" ? "modern" : "legacy");
      const { tools } = await client.listTools();
      expect(tools.map(({ name }) => name)).toEqual(TOOLS.map(({ name }) => name));
      const call = async (name: string, args: Record<string, unknown>) => {
        const { content, isError } = await client.callTool({ name, arguments: args });
        const [{ text = "" } = {}] = content as { text?: string }[];
        return isError === true ? text : (JSON.parse(text) as unknown);
      };
      const at = new Date(ts / 1_000).toISOString().slice(0, 19);
      expect(await call("list_symbols", { match: mode.toUpperCase() })).toMatchObject({
        symbols: [{ symbol, last: 699, last_ts: expect.stringContaining("Z") }],
      });
      expect(
        await call("events", { symbol, kind: "trade", from: "now-1h", limit: 500 }),
      ).toMatchObject({
        more: true,
        events: expect.arrayContaining([
          expect.objectContaining({ price: 0, ts: expect.stringContaining(at) }),
        ]),
      });
      expect(await call("history", { symbol, from: "now-6h" })).toMatchObject({
        bars: expect.arrayContaining([expect.objectContaining({ close: 699 })]),
      });
      expect(await call("series", { metric: "pnl", symbol, step: "raw" })).toMatchObject({
        series: [{ last: [12.5] }],
      });
      expect(await call("list_series", { symbol })).toMatchObject({ metrics: [{ metric: "pnl" }] });
      expect(await call("book", { symbol })).toMatchObject({ book: { bids: [[1, 2]] } });
      expect(await call("positions", { symbol })).toMatchObject({ positions: [{ quantity: -3 }] });
      expect(await call("orders", { symbol })).toMatchObject({ orders: [{ id: "o-1" }] });
      expect(
        await call("reconciliation", { symbol, from: "now-1h", account: "desk" }),
      ).toMatchObject({ accounts: [{ whole: { change: -3, filled: 0, unexplained: -3 } }] });
      expect(await call("alerts", { symbol })).toMatchObject({
        alerts: [{ rule: `mcp-${mode}`, state: "firing", since: expect.stringContaining("Z") }],
      });
      expect(await call("alert_history", { symbol })).toMatchObject({ truncated: false });
      expect(await call("search_logs", { correlation_id: id, level: "warn" })).toMatchObject({
        lines: [{ event: "order sent", symbol }],
      });
      expect(await call("trace", { correlation_id: id })).toMatchObject({
        events: expect.arrayContaining([expect.objectContaining({ kind: "log" })]),
      });
      expect(await call("risk", { symbol, interval: "1m" })).toMatchObject({
        risk: expect.anything(),
      });
      expect(await call("history", { symbol: "ACME" })).toContain("The token is not for ACME");
      expect(await call("history", { symbol, interval: "7q" })).toContain(
        "interval must be one of",
      );
      expect(await call("history", { symbol, limit: 5_000 })).toContain("from 1 to 1000");
    } finally {
      await client.close();
    }
  },
);

async function assistant(mode: "legacy" | "auto", token: string): Promise<Client> {
  const client = new Client({ name: "test", version: "1" }, { versionNegotiation: { mode } });
  const headers = { authorization: `Bearer ${token}` };
  const transport = new StreamableHTTPClientTransport(new URL(`${product.url}/mcp`), {
    requestInit: { headers },
  });
  await client.connect(transport);
  return client;
}

it("the reference's examples run in curl, Python and Node, and are answered as it says", async () => {
  const checker = new AnswerChecker();
  const found: unknown[] = [];
  // One after the other: each sets all rules of alerts, and so deletes what another has set.
  for (const language of LANGUAGES) {
    const printed = await runExamples(language, product.url, token);
    const faults = ROUTES.flatMap(({ summary, answers, example }) => {
      const text = printed.get(summary)?.trim();
      if (example === undefined) return [];
      const said = Object.values(answers).find(({ content }) => content !== undefined)?.content;
      if (said?.of !== undefined) return [checker.shapeFault(said.of, text ?? "null") ?? ""];
      return [text?.startsWith('{"type":"urn') === false ? "" : `no answer: ${text}`];
    });
    found.push([language, printed.size, faults.filter((fault) => fault !== "")]);
  }
  const count = ROUTES.filter(({ example }) => example !== undefined).length;
  expect(found).toEqual(LANGUAGES.map((language) => [language, count, []]));
});

it("the reference is served to whoever asks, as the page and the document", async () => {
  const page = await fetch(`${product.url}/docs`);
  expect(page.headers.get("content-type")).toBe("text/html; charset=utf-8");
  expect(page.headers.get("content-security-policy")).toContain("script-src 'self'");
  expect(await page.text()).toContain("<h1>HTTP API</h1>");
  const document = await fetch(`${product.url}/openapi.json`);
  expect(document.headers.get("content-type")).toBe("application/json");
  expect(await document.json()).toMatchObject({ openapi: "3.1.1" });
});

/** The newest value of each series of a metric, by the labels that tell them apart. */
async function newest(symbol: string, metric: string): Promise<Record<string, number>> {
  const response = await fetch(
    `${product.url}/api/series?symbol=${symbol}&metric=${metric}&step=raw`,
    { headers: { authorization: `Bearer ${token}` } },
  );
  if (response.status === 404) return {};
  const { series } = seriesAnswerSchema.parse(await response.json());
  return Object.fromEntries(
    series.map(({ labels: { job, instance, service, ...labels }, last = [] }) => [
      JSON.stringify(labels),
      last.at(-1) ?? Number.NaN,
    ]),
  );
}

const EXPOSITION = `
# TYPE desk_orders counter
desk_orders_total{side="buy"} 3
desk_orders_total{side="s\\"ell"} 9007199254740991
# TYPE desk_spread histogram
desk_spread_bucket{le="0.1"} 1
desk_spread_bucket{le="+Inf"} 4
desk_spread_sum 0.30000000000000004
desk_spread_count 4
# TYPE desk_lag summary
desk_lag{quantile="0.5"} NaN
desk_lag_count 0
`;

it.skipIf(!hasPrometheus)(
  "O-2 O-3 a real Prometheus (Debian's package prometheus) writes, and each series comes back value for value",
  async () => {
    const prometheus = new Prometheus(EXPOSITION);
    try {
      await prometheus.start(product.url, token, { symbol: "PROM" });
      await until("the first scrape", async () => (await newest("PROM", "up"))["{}"] === 1, 30_000);
      expect(await newest("PROM", "desk_orders_total")).toEqual({
        '{"side":"buy"}': 3,
        '{"side":"s\\"ell"}': 9007199254740991,
      });
      expect(await newest("PROM", "desk_spread_bucket")).toEqual({
        '{"le":"0.1"}': 1,
        '{"le":"+Inf"}': 4,
      });
      expect(await newest("PROM", "desk_spread_sum")).toEqual({ "{}": 0.30000000000000004 });
      expect(await newest("PROM", "desk_lag_count")).toEqual({ "{}": 0 });
      expect(await newest("PROM", "desk_lag")).toEqual({});
      // A series that ends is marked as stale, which is no value.
      prometheus.expose("desk_orders_total 4\n");
      await until(
        "the next scrape",
        async () => "{}" in (await newest("PROM", "desk_orders_total")),
      );
      expect(await newest("PROM", "desk_orders_total")).toMatchObject({
        '{"side":"buy"}': 3,
        "{}": 4,
      });
    } finally {
      await prometheus.stop();
    }
    expect(prometheus.log).not.toMatch(/non-recoverable|Failed to send|level=error/);
    expect(prometheus.log).toContain("See you next time");
  },
);

it.each(["protobuf", "json"] as const)(
  "O-6 O-7 OpenTelemetry's own exporter sends %s, and each series comes back value for value",
  async (encoding) => {
    const symbol = `OTEL-${encoding}`;
    const told = await measureOnce({ url: product.url, token, symbol }, encoding);
    expect(told).toEqual({ code: 0 });
    expect(await newest(symbol, "desk.orders")).toEqual({ '{"side":"buy"}': 3 });
    expect(await newest(symbol, "desk.price")).toEqual({ "{}": 0.1 });
    expect(await newest(symbol, "desk.spread_bucket")).toEqual({
      ...{ '{"le":"1"}': 1, '{"le":"5"}': 2, '{"le":"+Inf"}': 3 },
    });
    expect(await newest(symbol, "desk.spread_sum")).toEqual({ "{}": 703.5 });
    expect(await newest(symbol, "desk.rtt_count")).toEqual({ "{}": 3 });
    const rtt = await newest(symbol, "desk.rtt_bucket");
    expect([rtt['{"le":"1"}'], rtt['{"le":"2"}'], rtt['{"le":"+Inf"}']]).toEqual([1, 3, 3]);
    const refused = await measureOnce({ url: product.url, token: "no token", symbol }, encoding);
    expect(refused).toMatchObject({ code: 1, error: { code: 401 } });
  },
);

it("O-2 remote write 2.0 comes back value for value, also from Postgres", async () => {
  const timeMs = Date.now() - 60_000;
  const values = [0.1, -1e100, 5e-324, 2 ** 53 + 2, 1 / 3];
  const series = values.map((value, at) => ({
    labels: { __name__: "written", symbol: "PRW2", at: String(at) },
    samples: [{ value, timeMs: timeMs + at }],
  }));
  const answer = await fetch(`${product.url}/api/v1/write`, {
    method: "POST",
    body: packSnappy(writeRequest2(series)),
    headers: {
      "content-type": "application/x-protobuf;proto=io.prometheus.write.v2.Request",
      ...{ "content-encoding": "snappy", authorization: `Bearer ${token}` },
    },
  });
  expect(answer.status).toBe(204);
  expect(answer.headers.get("x-prometheus-remote-write-samples-written")).toBe("5");
  const expected = Object.fromEntries(values.map((value, at) => [`{"at":"${at}"}`, value]));
  expect(await newest("PRW2", "written")).toEqual(expected);
  // What is pushed after it is stored after it.
  await push("/api/metrics?wait=stored", [{ symbol: "PRW2", metric: "last", value: 1 }]);
  expect(await newest("PRW2", "written")).toEqual(expected);
  const lines = (await text("/api/export?kind=metric&symbol=PRW2")).trim().split("\n");
  const stored = lines.map((line) => JSON.parse(line) as { ts: number; value: number });
  expect(stored.slice(0, 5).map(({ ts, value }) => [ts, value])).toEqual(
    values.map((value, at) => [(timeMs + at) * 1_000, value]),
  );
});

it("LG-1 LG-7 TR-1 what real loggers print is found by whatever it says, and one id through all of them", async () => {
  for (const logger of ["pino", "structlog", "zap", "zerolog", "tracing"]) {
    const lines = readFileSync(join(PROJECT_DIR, `test/fixtures/logs/${logger}.ndjson`), "utf8");
    const answer = await post("/api/logs?wait=stored", lines, {
      "content-type": "application/x-ndjson",
    });
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({ refused: [], refused_count: 0 });
  }
  const named = { metric: "latency", symbol: "BTC-USD", value: 3 };
  await push("/api/metrics", [
    { ...named, labels: { correlation_id: "req-7" }, ts: Date.now() * 1_000 },
  ]);
  const state = { symbol: "BTC-USD", id: "o-7", correlation_id: "req-7" };
  await push("/api/orders", [
    { ...state, status: "sent", side: "buy", ts: Date.now() * 1_000 },
    { ...state, status: "filled", filled: 1, avg_price: 3, ts: Date.now() * 1_000 + 1 },
  ]);
  const lines = async (query: string) =>
    logsAnswerSchema
      .parse(await read(`/api/logs?${query}`))
      .lines.map(({ service, level, event }) => `${service} ${level} ${event}`);
  expect(await lines("correlation_id=req-7&symbol=BTC-USD&q=order+sent")).toEqual([
    ...["cap info order sent", "router info order sent", "risk info order sent"],
    "gateway info order sent",
  ]);
  expect(await lines("service=strategy&level=error")).toEqual([
    ...["strategy fatal dead", "strategy error order_failed"],
  ]);
  expect(await lines("q=zerodiv*&from=now-30d")).toEqual(["strategy error order_failed"]);
  const trace = traceAnswerSchema.parse(await read("/api/trace/req-7"));
  expect(trace.truncated).toBe(false);
  const kinds = [...Array(8).fill("log"), "metric", "order", "order"];
  expect(trace.events.map(({ kind }) => kind).sort()).toEqual(kinds);
  const times = trace.events.map(({ ts }) => ts);
  expect(times).toEqual([...times].sort((a, b) => a - b));
  // INV-10 a token sees lines and traces of its own symbols alone, however it asks.
  const other = await product.token({ symbols: ["OTHER-*"] });
  for (const path of ["/api/logs", "/api/logs?q=order", "/api/trace/req-7"]) {
    const headers = { authorization: `Bearer ${other}` };
    const answer = await fetch(product.url + path, { headers });
    expect(await answer.json()).toMatchObject(
      path.includes("trace") ? { events: [] } : { lines: [] },
    );
  }
  // A viewer of the symbol is sent its lines.
  expect(await firstEventsOf("BTC-USD")).toContain("log");
});

it("LG-9 OpenTelemetry's own exporter sends logs, and they come back value for value", async () => {
  const symbol = "OTEL-LOGS";
  expect(await logOnce({ url: product.url, token, symbol }, "matcher")).toEqual({ code: 0 });
  const { lines } = logsAnswerSchema.parse(await read(`/api/logs?symbol=${symbol}`));
  const shared = { symbol, service: "matcher" };
  const fields = { instance: "g-1", scope: "orders" };
  expect(lines.map(({ ts: _, cursor: __, ...line }) => line)).toEqual([
    { ...shared, level: "error", event: '{"reason":"timeout","ms":1.5}', fields },
    {
      ...{ ...shared, level: "warn", event: "order late", correlation_id: "otlp-1" },
      fields: { ...fields, level: "WARNING", "order.id": 42, tags: ["a", "b"] },
    },
  ]);
  const refused = await logOnce({ url: product.url, token: "no token", symbol }, "matcher");
  expect(refused).toMatchObject({ code: 1, error: { code: 401 } });
});

async function push(path: string, items: object[]): Promise<void> {
  const response = await post(path, JSON.stringify(items), JSON_BODY);
  if (!response.ok) throw new Error(`${path}: ${await response.text()}`);
}

function post(
  path: string,
  body: string,
  headers: Record<string, string>,
  signal?: AbortSignal,
): Promise<Response> {
  const authorization = `Bearer ${token}`;
  return fetch(`${product.url}${path}`, {
    method: "POST",
    body,
    headers: { ...headers, authorization },
    ...(signal !== undefined && { signal }),
  });
}

async function text(path: string): Promise<string> {
  const headers = { authorization: `Bearer ${token}` };
  const response = await fetch(`${product.url}${path}`, { headers });
  const body = await response.text();
  if (!response.ok) throw new Error(`${path}: ${body}`);
  return body;
}

async function read(path: string): Promise<unknown> {
  return JSON.parse(await text(path));
}

/** Kinds of what a viewer is sent until it has caught up. */
function firstEventsOf(name: string): Promise<string[]> {
  const url = `${product.url.replace("http", "ws")}/ws/${name}?since=0`;
  const socket = new WebSocket(url, ["edgetape.v1", `bearer.${token}`]);
  const kinds: string[] = [];
  return new Promise((resolve, reject) => {
    socket.on("error", reject);
    socket.on("message", (data) => {
      const message = JSON.parse(String(data)) as { type: string; events?: { kind: string }[] };
      kinds.push(...(message.events ?? []).map(({ kind }) => kind));
      if (message.type !== "caught_up") return;
      socket.close();
      resolve(kinds);
    });
  });
}

function run(
  script: string,
  args: readonly string[],
  input?: Uint8Array,
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [script, ...args],
      { cwd: PROJECT_DIR, env: { ...process.env, DATA_DIR: folder.dataDir } },
      (_error, stdout, stderr) => resolve({ code: child.exitCode, stdout, stderr }),
    );
    child.stdin?.end(input);
  });
}

it("I-22 pushes that share a call lose nothing where clients hang up in the middle of theirs", async () => {
  const symbol = "HANGS-UP";
  const endMs = performance.now() + 1_500;
  let next = 0;
  const taken: number[] = [];
  const body = () => {
    next += 1;
    return { value: next, text: JSON.stringify({ symbol, metric: "hung", value: next }) };
  };
  const stays = async () => {
    while (performance.now() < endMs) {
      const { value, text } = body();
      const response = await post("/api/metrics", text, JSON_BODY);
      expect(response.status).toBe(202);
      await response.body?.cancel();
      taken.push(value);
    }
  };
  const hangsUp = async (ms: number) => {
    while (performance.now() < endMs) {
      const { text } = body();
      const signal = AbortSignal.timeout(ms);
      await post("/api/metrics", text, JSON_BODY, signal).then(
        (response) => response.body?.cancel(),
        () => undefined,
      );
    }
  };
  await Promise.all([
    ...Array.from({ length: 6 }, stays),
    ...[1, 2, 3, 5, 8, 13].map((ms) => hangsUp(ms)),
  ]);
  expect((await post("/api/metrics?wait=stored", body().text, JSON_BODY)).status).toBe(200);
  const { series } = seriesAnswerSchema.parse(
    await read(`/api/series?metric=hung&symbol=${symbol}&step=raw&from=now-1h`),
  );
  const stored = new Map<number, number>();
  for (const value of series[0]?.last ?? [])
    stored.set(value ?? 0, (stored.get(value ?? 0) ?? 0) + 1);
  expect(taken.filter((value) => stored.get(value) !== 1)).toEqual([]);
});
