import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  acceptedSchema,
  pollAnswerSchema,
  positionsAnswerSchema,
} from "../../../src/protocol/answers/answers.ts";
import { problemSchema } from "../../../src/protocol/answers/problem.ts";
import { ask, closeSockets, newSymbol, push } from "../edgetape.ts";
import { FakeNeon } from "../fake-neon.ts";

beforeEach(() => {
  vi.spyOn(globalThis, "fetch").mockImplementation(new FakeNeon().fetch as typeof fetch);
});
afterEach(() => {
  vi.restoreAllMocks();
  closeSockets();
});

async function gzip(text: string): Promise<Uint8Array> {
  const stream = new Blob([text]).stream().pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

function post(body: BodyInit, headers: Record<string, string> = {}): Promise<Response> {
  const all = { "content-type": "application/json", ...headers };
  return ask("/api/metrics", { method: "POST", body, headers: all }, "write");
}

async function problemOf(response: Response) {
  expect(response.headers.get("content-type")).toBe("application/problem+json");
  const problem = problemSchema.parse(await response.json());
  expect(problem.status).toBe(response.status);
  expect(problem.correlation_id).toBe(response.headers.get("x-correlation-id"));
  expect(JSON.stringify(problem)).not.toMatch(/\.ts:|at Object|secret/);
  return problem;
}

async function valuesOf(symbol: string): Promise<number[]> {
  const since = (Date.now() - 60_000) * 1_000;
  const response = await ask(`/api/rooms/${symbol}/events?since=${since}`, {}, "read");
  if (response.status === 404) return [];
  const { events } = pollAnswerSchema.parse(await response.json());
  return events.map((event) => {
    switch (event.kind) {
      case "metric":
        return event.value;
      case "trade":
        return event.price;
      case "position":
        return event.quantity;
      case "book":
        return Number(event.seq ?? 0);
      case "order":
        return Number(event.id);
      case "note":
        return event.text.length;
      case "log":
        return Number(event.event);
      case "alert":
        return event.value ?? 0;
      default:
        return event satisfies never;
    }
  });
}

describe("orders and notes", () => {
  it("OR-1 N-1 are taken and shown in order with the rest, and are read again from Postgres", async () => {
    const symbol = newSymbol();
    const ts = Date.now() * 1_000;
    const order = { symbol, id: "7", status: "sent", side: "sell", quantity: 2, price: 9.5, ts };
    expect(
      (await push("orders", [order, { ...order, id: "8", venue: "v", type: "limit" }])).status,
    ).toBe(202);
    expect((await push("notes", { symbol, text: "four", level: "warn", ts })).status).toBe(202);
    expect(await valuesOf(symbol)).toEqual([7, 8, 4]);
    const list = await ask(`/api/orders/${symbol}?open=maybe&limit=0&after=[]`, {}, "read");
    const { errors } = await problemOf(list);
    expect(errors?.map(({ path }) => path)).toEqual(["open", "limit", "after"]);
  });

  it("OR-1 N-1 that are not right are refused in words", async () => {
    const symbol = newSymbol();
    const response = await push("orders", [
      { symbol, id: "1", status: "open" },
      { symbol, status: "sent", filled: -1 },
      { id: "1", status: "sent", side: "long", correlation_id: "" },
    ]);
    expect(response.status).toBe(422);
    const { errors } = await problemOf(response);
    expect(errors?.map(({ path }) => path).sort()).toEqual([
      ...["[0].status", "[1].filled", "[1].id"],
      ...["[2].correlation_id", "[2].side", "[2].symbol"],
    ]);
    const note = await push("notes", { symbol, text: "\u0000", level: "loud" });
    expect((await problemOf(note)).errors?.map(({ path }) => path)).toEqual(["text", "level"]);
    for (const route of ["orders", "notes"]) {
      const { detail } = await problemOf(await ask(`/api/${route}`, {}, "write"));
      expect(detail).toContain(`/api/${route}/SYMBOL`);
    }
  });
});

describe("positions", () => {
  it("are taken, shown in order with the rest, and the newest of each account is told", async () => {
    const symbol = newSymbol();
    const nowUs = Date.now() * 1_000;
    const held = (quantity: number, account: string, ts: number) => ({
      symbol,
      quantity,
      avg_price: 10,
      account,
      ts,
    });
    const response = await push("positions", [
      held(5, "a", nowUs),
      held(4, "a", nowUs - 1),
      held(-2, "b", nowUs),
    ]);
    expect(response.status).toBe(202);
    expect(await valuesOf(symbol)).toEqual([5, 4, -2]);
    const answer = await ask(`/api/positions/${symbol}`, {}, "read");
    const { positions } = positionsAnswerSchema.parse(await answer.json());
    expect(positions.map(({ account, quantity }) => [account, quantity])).toEqual([
      ["a", 5],
      ["b", -2],
    ]);
  });

  it("I-11 are states: of two at one moment the later counts, and no account is one of its own", async () => {
    const symbol = newSymbol();
    const nowUs = Date.now() * 1_000;
    const held = (quantity: number, account?: string) => ({
      ...{ symbol, quantity, ts: nowUs },
      ...(account !== undefined && { account }),
    });
    for (const position of [held(5, "a"), held(5, "a"), held(7), held(3, "a")]) {
      expect((await push("positions", position)).status).toBe(202);
    }
    const answer = await ask(`/api/positions/${symbol}`, {}, "read");
    const { positions } = positionsAnswerSchema.parse(await answer.json());
    const quantities = new Map(positions.map(({ account, quantity }) => [account ?? "", quantity]));
    expect([...quantities].sort()).toEqual([
      ["", 7],
      ["a", 3],
    ]);
  });

  it("that are not right are refused in words", async () => {
    const response = await push("positions", [
      { symbol: newSymbol(), quantity: "5" },
      { symbol: newSymbol(), quantity: 1, price: 2 },
      { quantity: 1 },
    ]);
    expect(response.status).toBe(422);
    const { errors } = await problemOf(response);
    expect(errors?.map(({ path }) => path)).toEqual(["[0].quantity", "[1]", "[2].symbol"]);
  });
});

describe("I-2 bodies", () => {
  it("may be an object, an array, NDJSON, and any of them gzip", async () => {
    const symbol = newSymbol();
    const point = (value: number) => ({ metric: "m", value, symbol });
    const json = JSON.stringify([point(2), point(3)]);
    const lines = `${JSON.stringify(point(4))}\n${JSON.stringify(point(5))}\n`;
    for (const [body, headers, count] of [
      [JSON.stringify(point(1)), {}, 1],
      [json, { "content-type": "application/json; charset=utf-8" }, 2],
      [lines, { "content-type": "application/x-ndjson" }, 2],
      [await gzip(JSON.stringify(point(6))), { "content-encoding": "gzip" }, 1],
    ] as const) {
      const response = await post(body as BodyInit, headers);
      expect(response.status).toBe(202);
      expect(acceptedSchema.parse(await response.json()).accepted).toBe(count);
    }
    expect(await valuesOf(symbol)).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it("may begin with a mark of byte order, in each file that was joined", async () => {
    const symbol = newSymbol();
    const point = (value: number) => `\uFEFF${JSON.stringify({ metric: "m", value, symbol })}`;
    expect((await post(point(1))).status).toBe(202);
    const lines = `${point(2)}\r\n${point(3)}\n`;
    expect((await post(lines, { "content-type": "application/x-ndjson" })).status).toBe(202);
    expect(await valuesOf(symbol)).toEqual([1, 2, 3]);
  });

  it("may be gzip of several members, each of which is whole", async () => {
    const symbol = newSymbol();
    const line = (value: number) => `${JSON.stringify({ metric: "m", value, symbol })}\n`;
    const members = await Promise.all([1, 2, 3].map((value) => gzip(line(value))));
    const headers = { "content-type": "application/x-ndjson", "content-encoding": "gzip" };
    const joined = await new Blob(members).bytes();
    expect((await post(joined as BodyInit, headers)).status).toBe(202);
    expect(await valuesOf(symbol)).toEqual([1, 2, 3]);
    const cut = await post(joined.slice(0, -1) as BodyInit, headers);
    expect([cut.status, (await problemOf(cut)).detail]).toEqual([
      400,
      expect.stringContaining("does not unzip"),
    ]);
    const lone = await gzip("\n");
    const many = (count: number) => new Blob([...new Array(count).fill(lone), members[0]]).bytes();
    expect((await post((await many(300)) as BodyInit, headers)).status).toBe(202);
    const tooMany = await post((await many(4_096)) as BodyInit, headers);
    expect([tooMany.status, (await problemOf(tooMany)).detail]).toEqual([
      400,
      expect.stringContaining("more than 4096 members"),
    ]);
    const bomb = new Blob([members[0], await gzip(" ".repeat(9 * 1_048_576))] as Uint8Array[]);
    expect((await post((await bomb.bytes()) as BodyInit, headers)).status).toBe(413);
  });

  const good = '{"metric":"m","value":1}';
  const cases: [string, () => Promise<Response>, number, string][] = [
    ["broken JSON", () => post('{"metric":'), 400, "not JSON"],
    ["nothing", () => post(""), 400, "not JSON"],
    ["an empty batch", () => post("[]"), 400, "empty"],
    [
      "an empty NDJSON",
      () => post("\n\n", { "content-type": "application/x-ndjson" }),
      400,
      "empty",
    ],
    ["text that is not UTF-8", () => post(new Uint8Array([0x22, 0xff, 0x22])), 400, "UTF-8"],
    ["another type", () => post(good, { "content-type": "text/plain" }), 415, "application/json"],
    ["another encoding", () => post(good, { "content-encoding": "zstd" }), 415, "zstd"],
    ["gzip that is none", () => post(good, { "content-encoding": "gzip" }), 400, "does not unzip"],
    [
      "half a gzip",
      async () => {
        const whole = await gzip(JSON.stringify(Array(200).fill(JSON.parse(good))));
        return post(whole.slice(0, whole.length / 2), { "content-encoding": "gzip" });
      },
      400,
      "does not unzip",
    ],
    ["over 1 MiB", () => post(good.padEnd(1_048_577)), 413, "1048576 bytes"],
    [
      "over 1 MiB in a stream of unknown length",
      () => {
        const chunk = new TextEncoder().encode(" ".repeat(65_536));
        let left = 17;
        const body = new ReadableStream({
          pull(controller) {
            left -= 1;
            if (left < 0) controller.close();
            else controller.enqueue(chunk);
          },
        });
        return post(body);
      },
      413,
      "1048576 bytes",
    ],
    [
      "a zip bomb",
      async () => post(await gzip(" ".repeat(64 * 1_048_576)), { "content-encoding": "gzip" }),
      413,
      "8388608 bytes unzipped",
    ],
    ["a value of text", () => post('{"metric":"m","value":"1"}'), 422, "Nothing of the batch"],
    [
      "an unknown query",
      () => ask("/api/metrics?wait=1", { method: "POST", body: good }, "write"),
      400,
      "stored",
    ],
    [
      "an unknown precision",
      () => ask("/api/metrics?precision=min", { method: "POST", body: good }, "write"),
      400,
      "must be one of s, ms, us, ns",
    ],
    ["a bad key", () => post(good, { "idempotency-key": "a b" }), 400, "visible ASCII"],
  ];
  it.each(cases)("with %s are refused in words", async (_, send, status, words) => {
    const response = await send();
    expect(response.status).toBe(status);
    expect((await problemOf(response)).detail).toContain(words);
  });

  it("I-1 are taken whole or not at all", async () => {
    const symbol = newSymbol();
    const batch = [
      { metric: "m", value: 1, symbol },
      { metric: "m", value: Number.NaN, symbol },
    ];
    const problem = await problemOf(await push("metrics", batch));
    expect(problem.errors).toEqual([{ path: "[1].value", message: expect.any(String) }]);
    expect(await valuesOf(symbol)).toEqual([]);
  });

  it("I-8 may name several symbols, and have a cursor for each", async () => {
    const [a, b] = [newSymbol(), newSymbol()];
    const batch = [1, 2, 3, 4].map((value) => ({ metric: "m", value, symbol: value % 2 ? a : b }));
    const { accepted, cursors } = acceptedSchema.parse(await (await push("metrics", batch)).json());
    expect(accepted).toBe(4);
    expect(Object.keys(cursors).sort()).toEqual([a, b].sort());
    expect(await valuesOf(a)).toEqual([1, 3]);
    expect(await valuesOf(b)).toEqual([2, 4]);
  });
});

describe("I-10 the correlation id", () => {
  it.each([
    ["given", "trace-1.2:3_X", true],
    ["too long", "x".repeat(129), false],
    ["with what ends a comment", "*/ drop table", false],
  ])("%s", async (_, id, isKept) => {
    const response = await ask("/healthz", { headers: { "x-correlation-id": id } });
    const answered = response.headers.get("x-correlation-id");
    expect(answered === id).toBe(isKept);
    expect(answered).toMatch(/^[A-Za-z0-9._:-]{1,128}$/);
  });

  it("is in a refusal and in the answer to an upgrade", async () => {
    const headers = { "x-correlation-id": "mine" };
    expect((await problemOf(await ask("/api/none", { headers }))).correlation_id).toBe("mine");
    const upgrade = { headers: { ...headers, upgrade: "websocket" } };
    const response = await ask(`/ws/${newSymbol()}`, upgrade, "read");
    expect(response.status).toBe(101);
    expect(response.headers.get("x-correlation-id")).toBe("mine");
  });
});

describe("Q-1 polls", () => {
  it("go on where the last one ended, and wait for what comes", async () => {
    const symbol = newSymbol();
    for (let value = 0; value < 5; value += 1)
      await push("metrics", { metric: "m", value, symbol });
    const poll = async (query: string) =>
      pollAnswerSchema.parse(
        await (await ask(`/api/rooms/${symbol}/events?${query}`, {}, "read")).json(),
      );
    const first = await poll(`since=${(Date.now() - 60_000) * 1_000}&limit=3`);
    expect(first.events).toHaveLength(3);
    const second = await poll(`since=${first.cursor}&limit=3`);
    expect(second.events).toHaveLength(2);
    const third = poll(`since=${second.cursor}&wait=30`);
    await push("metrics", { metric: "m", value: 5, symbol });
    expect((await third).events).toMatchObject([{ value: 5 }]);
    expect((await poll("limit=3")).events).toEqual([]);
  });

  it.each(["limit=0", "limit=x", "wait=31", "since=17", "since=yesterday", "sinse=0"])(
    "refuse %s",
    async (query) => {
      const response = await ask(`/api/rooms/A/events?${query}`, {}, "read");
      expect(response.status).toBe(400);
      expect((await problemOf(response)).errors).toHaveLength(1);
    },
  );
});
