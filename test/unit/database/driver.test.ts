import { afterEach, expect, it, vi } from "vitest";
import { openDatabase } from "../../../src/db/driver/database.ts";
import { DatabaseError, failureOf } from "../../../src/db/driver/database-error.ts";

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
