import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { packSnappy } from "../../../bench/load/posts/pack-snappy.ts";
import { configOf } from "../../../src/config.ts";
import { pollAnswerSchema } from "../../../src/protocol/answers/answers.ts";
import { type WrittenSeries, writeRequest1, writeRequest2 } from "../../wire/messages.ts";
import { ask, limitSeries, newSymbol, push, tokenOf } from "../edgetape.ts";
import { FakeNeon } from "../fake-neon.ts";

beforeEach(() => {
  vi.spyOn(globalThis, "fetch").mockImplementation(new FakeNeon().fetch as typeof fetch);
});
afterEach(() => vi.restoreAllMocks());

const V2 = "application/x-protobuf;proto=io.prometheus.write.v2.Request";

async function write(
  series: WrittenSeries[],
  { type = V2, claims = { scope: "write" } as Parameters<typeof tokenOf>[0], headers = {} } = {},
): Promise<Response> {
  const encode = type === V2 ? writeRequest2 : writeRequest1;
  return send("/api/v1/write", packSnappy(encode(series)), {
    ...{ "content-type": type, "content-encoding": "snappy" },
    ...{ authorization: `Bearer ${await tokenOf(claims)}`, ...headers },
  });
}

const send = (path: string, body: BodyInit, headers: Record<string, string>) =>
  ask(path, { method: "POST", body, headers });

async function post(body: BodyInit, headers: Record<string, string>, scope = "write") {
  const all = { authorization: `Bearer ${await tokenOf({ scope })}`, ...headers };
  return send("/v1/metrics", body, all);
}

/** Metric and value of all that a symbol has. */
async function valuesOf(symbol: string): Promise<unknown[]> {
  const since = (Date.now() - 600_000) * 1_000;
  const response = await ask(`/api/rooms/${symbol}/events?since=${since}`, {}, "read");
  if (response.status === 404) return [];
  const { events } = pollAnswerSchema.parse(await response.json());
  return events.map((event) => (event.kind === "metric" ? [event.metric, event.value] : event));
}

const point = (
  symbol: string,
  value: number,
  labels: Record<string, string> = {},
): WrittenSeries => ({
  labels: { __name__: "up", symbol, ...labels },
  samples: [{ value, timeMs: Date.now() }],
});

function writtenOf({ headers }: Response): (string | null)[] {
  return ["samples", "histograms", "exemplars"].map((what) =>
    headers.get(`x-prometheus-remote-write-${what}-written`),
  );
}

describe("POST /api/v1/write", () => {
  it.each([["application/x-protobuf"], ["application/x-protobuf;proto=prometheus.WriteRequest"]])(
    "O-2 takes 1.0 as %s, and answers 204",
    async (type) => {
      const symbol = newSymbol();
      const response = await write([point(symbol, 1), point(symbol, 2, { a: "b" })], { type });
      expect([response.status, await response.text(), writtenOf(response)[0]]).toEqual([
        204,
        "",
        null,
      ]);
      expect(await valuesOf(symbol)).toEqual([
        ["up", 1],
        ["up", 2],
      ]);
    },
  );

  it("O-2 takes 2.0, and answers with what was written", async () => {
    const symbol = newSymbol();
    const histogram = { timeMs: Date.now(), count: 3, sum: 1 };
    const series = { labels: { __name__: "rtt", symbol }, histograms: [histogram], exemplars: 2 };
    const response = await write([point(symbol, Number.NaN), point(symbol, 5), series]);
    expect([response.status, ...writtenOf(response)]).toEqual([204, "2", "1", "0"]);
    expect(await valuesOf(symbol)).toEqual([
      ["up", 5],
      ["rtt_count", 3],
      ["rtt_sum", 1],
    ]);
  });

  it("O-4 stores what is good and answers 400 in a line, which nobody sends again", async () => {
    const symbol = newSymbol();
    const series = [point(symbol, 1), point(symbol, 1e200), point("A|B", 3)];
    const response = await write(series);
    expect([response.status, ...writtenOf(response)]).toEqual([400, "1", "0", "0"]);
    expect(response.headers.get("content-type")).toContain("text/plain");
    const text = await response.text();
    expect(text).toMatch(/^2 samples were not taken, the others were: up has a value that .+\n$/);
    expect(await valuesOf(symbol)).toEqual([["up", 1]]);
  });

  it("O-4 leaves out what the token is not for", async () => {
    const [mine, other] = [newSymbol(), newSymbol()];
    const claims = { scope: "write", symbols: [mine] };
    const response = await write([point(other, 1), point(mine, 2)], { claims });
    expect([response.status, await response.text()]).toEqual([
      400,
      expect.stringContaining(`is of ${other}, which the token is not for`),
    ]);
    expect([await valuesOf(other), await valuesOf(mine)]).toEqual([[], [["up", 2]]]);
  });

  it("O-4, L-22 leaves out new series beyond the limit, and takes the points of those that are there", async () => {
    const symbol = newSymbol();
    const before = configOf(env).LIMIT_SERIES;
    await limitSeries(1);
    expect((await write([point(symbol, 1, { n: "1" })])).status).toBe(204);
    const fresh = newSymbol();
    const response = await write([
      point(symbol, 2, { n: "2" }),
      point(symbol, 3, { n: "1" }),
      point(fresh, 4),
      { labels: { __name__: "h", symbol }, histograms: [{ timeMs: Date.now(), count: 1 }] },
    ]);
    await limitSeries(before);
    const text = await response.text();
    expect([response.status, ...writtenOf(response)], text).toEqual([400, "2", "0", "0"]);
    expect(text).toContain("LIMIT_SERIES");
    expect([await valuesOf(symbol), await valuesOf(fresh)]).toEqual([
      [
        ["up", 1],
        ["up", 3],
      ],
      [["up", 4]],
    ]);
  });

  it("O-2 takes a request with an Idempotency-Key once, and another one with the key never", async () => {
    const symbol = newSymbol();
    const series = [point(symbol, 1)];
    const headers = { "idempotency-key": `key-${symbol}` };
    const answers = [await write(series, { headers }), await write(series, { headers })];
    expect(answers.map(({ status }) => status)).toEqual([204, 204]);
    const other = await write([point(symbol, 2)], { headers });
    expect([other.status, await other.text()]).toEqual([
      422,
      expect.stringContaining("Idempotency-Key"),
    ]);
    expect(await valuesOf(symbol)).toEqual([["up", 1]]);
  });

  it.each<[number, string, Record<string, string>, BodyInit]>([
    [415, "Remote write is application/x-protobuf", { "content-type": "application/json" }, "{}"],
    [415, "Remote write is", { "content-type": "application/x-protobuf;proto=other.Message" }, "x"],
    [415, "send snappy", { "content-encoding": "gzip" }, "x"],
    [415, "send snappy", { "content-encoding": "identity" }, "x"],
    [400, "it does not unpack", {}, "not snappy"],
    [400, "is no io.prometheus.write.v2.Request", {}, packSnappy(new Uint8Array([0x0b]))],
    [413, "larger than 8388608 bytes unzipped", {}, packSnappy(new Uint8Array(8_388_609))],
    [401, "The token is not good", { authorization: "Bearer x" }, "x"],
    [400, "Idempotency-Key", { "idempotency-key": "a b" }, "x"],
  ])("O-2 answers %i in a line: %s", async (status, words, headers, body) => {
    const all = { "content-type": V2, "content-encoding": "snappy", ...headers };
    const authorization = `Bearer ${await tokenOf({ scope: "write" })}`;
    const response = await send("/api/v1/write", body, { authorization, ...all });
    const text = await response.text();
    expect([response.status, text.split("\n").length], text).toEqual([status, 2]);
    expect(text).toContain(words);
    expect(response.headers.get("content-type")).toContain("text/plain");
  });

  it("O-2 is for POST alone", async () => {
    for (const path of ["/api/v1/write", "/v1/metrics"]) {
      const response = await ask(path, {}, "write");
      expect([response.status, response.headers.get("allow")]).toEqual([405, "POST"]);
      await response.text();
    }
    expect((await ask("/v1/traces", { method: "POST" }, "write")).status).toBe(404);
  });

  it("O-1 the same series is the same whichever way it comes", async () => {
    const symbol = newSymbol();
    expect((await write([point(symbol, 1)])).status).toBe(204);
    expect((await push("metrics", { symbol, metric: "up", value: 2 })).status).toBe(202);
    expect(await valuesOf(symbol)).toEqual([
      ["up", 1],
      ["up", 2],
    ]);
  });
});

async function gzip(text: string): Promise<ArrayBuffer> {
  const stream = new Blob([text]).stream().pipeThrough(new CompressionStream("gzip"));
  return new Response(stream).arrayBuffer();
}

describe("POST /v1/metrics", () => {
  const request = (symbol: string, ...values: (number | string)[]) =>
    JSON.stringify({
      resourceMetrics: [
        {
          scopeMetrics: [
            {
              metrics: values.map((asDouble, at) => ({
                name: `g${at}`,
                gauge: {
                  dataPoints: [
                    { asDouble, attributes: [{ key: "symbol", value: { stringValue: symbol } }] },
                  ],
                },
              })),
            },
          ],
        },
      ],
    });
  const JSON_TYPE = { "content-type": "application/json" };

  it("O-6 takes JSON, plain or gzip, and answers in JSON", async () => {
    const symbol = newSymbol();
    const plain = await post(request(symbol, 1), JSON_TYPE);
    expect([plain.status, await plain.json()]).toEqual([200, {}]);
    const zipped = await post(await gzip(request(symbol, 2)), {
      ...JSON_TYPE,
      "content-encoding": "gzip",
    });
    expect([zipped.status, zipped.headers.get("content-type")]).toEqual([200, "application/json"]);
    await zipped.text();
    expect(await valuesOf(symbol)).toEqual([
      ["g0", 1],
      ["g0", 2],
    ]);
  });

  it("O-8 says in the answer what it refused of it", async () => {
    const symbol = newSymbol();
    const response = await post(request(symbol, 1, "NaN", "Infinity"), JSON_TYPE);
    expect([response.status, await response.json()]).toEqual([
      200,
      {
        partialSuccess: {
          rejectedDataPoints: "2",
          errorMessage: expect.stringContaining("g1 has a value that is NaN"),
        },
      },
    ]);
    expect(await valuesOf(symbol)).toEqual([["g0", 1]]);
  });

  it("O-8 refuses with a Status in the encoding of the request", async () => {
    const json = await post("{", JSON_TYPE);
    expect([json.status, await json.json()]).toEqual([
      400,
      { code: 3, message: expect.stringContaining("not JSON") },
    ]);
    const read = await post("{}", JSON_TYPE, "read");
    expect([read.status, await read.json()]).toMatchObject([403, { code: 7 }]);
    const protobuf = await post(new Uint8Array([0x0b]), {
      "content-type": "application/x-protobuf",
    });
    expect([protobuf.status, protobuf.headers.get("content-type")]).toEqual([
      400,
      "application/x-protobuf",
    ]);
    expect([...new Uint8Array(await protobuf.arrayBuffer())].slice(0, 3)).toEqual([0x08, 3, 0x12]);
    const other = await post("x", { "content-type": "text/plain" });
    expect([other.status, await other.json()]).toMatchObject([415, { code: 3 }]);
  });
});
