import { afterEach, describe, expect, it, vi } from "vitest";
import { openDatabase } from "../../../../src/db/driver/database.ts";
import { DatabaseError, failureOf } from "../../../../src/db/driver/database-error.ts";

/** What the endpoint answers; the driver calls the platform's `fetch`. */
function answering(answer: () => Response | Promise<Response>) {
  vi.stubGlobal("fetch", async () => answer());
  return openDatabase({
    ...{ url: "postgres://u:p@db.test/x", endpoint: "http://db.test/sql", timeoutMs: 1_000 },
  });
}

afterEach(() => vi.unstubAllGlobals());

const json = (body: unknown, status = 200) => Response.json(body, { status });
const ONE = { fields: [{ name: "a", dataTypeID: 23 }], rows: [["1"]] };

function cutShort(): Response {
  const body = new ReadableStream({
    start(controller) {
      controller.enqueue(new TextEncoder().encode('{"fields":['));
      controller.error(new TypeError("terminated"));
    },
  });
  return new Response(body);
}

it("rows come as the driver reads them", async () => {
  expect(await answering(() => json(ONE)).query("select 1", [])).toEqual([{ a: 1 }]);
  const both = answering(() => json({ results: [ONE, ONE] })).transaction([
    { text: "a", params: [] },
    { text: "b", params: [] },
  ]);
  expect(await both).toEqual([[{ a: 1 }], [{ a: 1 }]]);
});

it.each([
  ["no connection", () => Promise.reject(new TypeError("fetch failed")), "away"],
  ["no answer in time", () => Promise.reject(new DOMException("late", "TimeoutError")), "timeout"],
  ["an answer that breaks off", cutShort, "away"],
  ["an answer that is no JSON", () => new Response("<html>"), "away"],
  ["an answer of something else", () => json({ status: "ok" }), "away"],
  ["a proxy without a server", () => new Response("no server", { status: 502 }), "away"],
  ["a proxy that waits no longer", () => new Response("late", { status: 504 }), "timeout"],
  [
    "a proxy that has cut the statement",
    () => json({ message: "Query cancelled, connection was terminated", code: "08P01" }, 400),
    "timeout",
  ],
  ["a server that goes down", () => json({ message: "bye", code: "57P01" }, 400), "away"],
])("L-9 %s is the database's failure", async (_, answer, why) => {
  const error = await answering(answer)
    .query("select 1", [])
    .catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(DatabaseError);
  expect(failureOf(error)).toMatchObject({ kind: "unavailable", why });
});

it("L-9 an answer that the driver cannot take apart is a bug, and no database that is away", async () => {
  const strange = { fields: [null], rows: [["1"]] };
  const error = await answering(() => json(strange))
    .query("select 1", [])
    .catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(TypeError);
  expect(failureOf(error)).toBeNull();
});

it.each([413, 507])(
  "L-9 what a proxy finds too large (%i) is refused: it would be so again",
  async (status) => {
    const error = await answering(() => json({ message: "too large (max is 1 bytes)" }, status))
      .query("select 1", [])
      .catch((thrown: unknown) => thrown);
    expect(failureOf(error)).toMatchObject({ kind: "refused", sqlstate: "54000" });
  },
);

describe("an object's six connections", () => {
  /** A platform on which a seventh request waits, its time running; each takes 40 ms. */
  function platform() {
    const seen = { sent: 0, most: 0, answered: 0 };
    const waiting: (() => void)[] = [];
    let open = 0;
    vi.stubGlobal("fetch", async (_: string, { signal }: RequestInit) => {
      seen.sent += 1;
      const gone = new Promise<never>((_, reject) => {
        signal?.addEventListener("abort", () => reject(signal.reason));
      });
      const answer = async () => {
        while (open >= 6) await new Promise<void>((begin) => waiting.push(begin));
        open += 1;
        seen.most = Math.max(seen.most, open);
        await new Promise((resolve) => setTimeout(resolve, 40));
        open -= 1;
        waiting.shift()?.();
        seen.answered += 1;
        return json(ONE);
      };
      return Promise.race([answer(), gone]);
    });
    return seen;
  }
  const open = (atOnce?: number) =>
    openDatabase({
      ...{ url: "postgres://u:p@db.test/x", endpoint: "http://db.test/sql", timeoutMs: 150 },
      ...(atOnce !== undefined && { atOnce }),
    });
  /** By a clock of the test's own: however slow the machine is, an answer takes 40 ms. */
  const failures = async (db: ReturnType<typeof open>) => {
    vi.useFakeTimers();
    const reads = Array.from({ length: 60 }, () => db.query("select 1", []));
    const all = Promise.allSettled(reads);
    await vi.advanceTimersByTimeAsync(10_000);
    vi.useRealTimers();
    const settled = await all;
    return settled.filter(({ status }) => status === "rejected").length;
  };

  it("are never all taken by reads, and a read's time begins when it is sent", async () => {
    const seen = platform();
    expect(await failures(open())).toBe(0);
    expect(seen).toEqual({ sent: 60, most: 4, answered: 60 });
  });

  it("where they are, reads fail that nobody has sent", async () => {
    platform();
    expect(await failures(open(Number.POSITIVE_INFINITY))).toBeGreaterThan(20);
  });

  it("one that fails gives its turn to the next", async () => {
    const db = answering(() => new Response("away", { status: 503 }));
    expect(await failures(db)).toBe(60);
    vi.stubGlobal("fetch", async () => json(ONE));
    expect(await db.query("select 1", [])).toEqual([{ a: 1 }]);
  });
});

it("a request that has its answer leaves no timer", async () => {
  vi.useFakeTimers();
  try {
    await answering(() => json(ONE)).query("select 1", []);
    await answering(() => Promise.reject(new TypeError("away")))
      .query("select 1", [])
      .catch(() => undefined);
    expect(vi.getTimerCount()).toBe(0);
  } finally {
    vi.useRealTimers();
  }
});
