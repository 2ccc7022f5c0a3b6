import { expect, expectTypeOf, it } from "vitest";
import type * as z from "zod";
import { encode } from "../../../push/node/core/encode.ts";
import { holderOf } from "../../../push/node/core/holder.ts";
import { microsecondClock, posted } from "../../../push/node/core/microseconds.ts";
import { judge, retryAfterMs } from "../../../push/node/core/verdict.ts";
import type { Book, Position, Trade } from "../../../push/node/kinds.ts";
import type { bookPushSchema } from "../../../src/protocol/events/book.ts";
import type { positionPushSchema, tradePushSchema } from "../../../src/protocol/events/event.ts";

it("what a caller may give is what the server takes", () => {
  type Fields<T extends z.ZodType> = Exclude<keyof z.input<T>, "kind" | "symbol" | "sampled">;
  expectTypeOf<keyof Trade>().toEqualTypeOf<Fields<typeof tradePushSchema>>();
  expectTypeOf<keyof Position>().toEqualTypeOf<Fields<typeof positionPushSchema>>();
  expectTypeOf<keyof Book>().toEqualTypeOf<Fields<typeof bookPushSchema>>();
});

it("one moment comes once, and a clock that was set is followed", () => {
  let wall = 1_000_000;
  let steady = 5;
  const nowUs = microsecondClock(
    () => wall,
    () => steady,
  );
  expect([nowUs(), nowUs(), nowUs()]).toEqual([1_000_000_000, 1_000_000_001, 1_000_000_002]);
  steady += 0.25;
  expect(nowUs()).toBe(1_000_000_250);
  wall += 60_000;
  steady += 10;
  expect(nowUs()).toBe(1_060_000_000);
  wall -= 60_000;
  expect(nowUs()).toBe(1_000_000_000);
  wall -= 10;
  expect(nowUs()).toBe(1_000_000_001);
});

it("times are microseconds, or text for the server to read", () => {
  const date = new Date("2026-11-27T00:00:00.123Z");
  expect(posted(date)).toBe(1_795_737_600_123_000);
  expect(posted(1_795_737_600_123_456n)).toBe(1_795_737_600_123_456);
  expect(posted("2026-11-27T00:00:00.123456Z")).toBe("2026-11-27T00:00:00.123456Z");
});

it("an event is JSON without what is null, and what is no JSON is told", () => {
  const text = (value: Record<string, unknown>) => encode(value);
  expect(text({ a: 1, b: undefined, c: null })).toEqual({ kind: "text", text: '{"a":1}' });
  expect(text({ a: "null" })).toEqual({ kind: "text", text: '{"a":"null"}' });
  expect(text({ price: Number.NaN })).toMatchObject({
    kind: "unfit",
    why: "is no JSON: price is NaN",
  });
  expect(text({ bids: [[1, Number.POSITIVE_INFINITY]] })).toMatchObject({ kind: "unfit" });
  expect(text({ size: 1n })).toMatchObject({ kind: "unfit", event: "size=1" });
  const round: Record<string, unknown> = {};
  round["self"] = round;
  expect(text(round).kind).toBe("unfit");
});

it("a renewed token is the same holder's, and another's is another's", () => {
  const token = (claims: object) =>
    `e30.${Buffer.from(JSON.stringify(claims)).toString("base64url")}.x`;
  const holder = (claims: object) => holderOf("http://a", token(claims));
  expect(holder({ sub: "desk", exp: 1 })).toBe(holder({ exp: 2, sub: "desk", scope: "write" }));
  expect(holder({ sub: "desk" })).not.toBe(holder({ sub: "other" }));
  expect(holder({ scope: "write", exp: 1 })).toBe(holder({ exp: 2, scope: "write" }));
  expect(holderOf("http://a", "one")).not.toBe(holderOf("http://a", "two"));
  expect(holderOf("http://a", "one")).not.toBe(holderOf("http://b", "one"));
});

it("Retry-After is seconds or a date, and nonsense is none", () => {
  const nowMs = Date.parse("2026-11-27T00:00:00Z");
  const waits = ["7", "0.5", "-1", "", "soon", undefined, "99999999"].map((text) =>
    retryAfterMs(text, nowMs),
  );
  expect(waits).toEqual([7_000, 500, 0, 0, 0, 0, 3_600_000]);
  expect(retryAfterMs("Fri, 27 Nov 2026 00:00:30 GMT", nowMs)).toBe(30_000);
});

it.each([
  [200, {}, "later"],
  [202, { accepted: 1 }, "accepted"],
  [400, {}, "bad"],
  [401, {}, "later"],
  [403, { detail: "This token is for B, not for A." }, "bad"],
  [403, { detail: "This token may only read." }, "later"],
  [404, {}, "later"],
  [413, {}, "bad"],
  [422, {}, "bad"],
  [429, {}, "later"],
  [500, {}, "later"],
  [503, {}, "later"],
])("%d %j is %s", (status, body, kind) => {
  const answer = { status, retryAfter: undefined, body: JSON.stringify(body) };
  expect(judge("http://a/api/trades", answer, 0).kind).toBe(kind);
});

it("a page that something in between answers with is no acknowledgement", () => {
  const answer = { status: 200, retryAfter: undefined, body: "<html>" };
  expect(judge("http://a", answer, 0)).toMatchObject({
    why: 'http://a answers 200, but not as Edgetape: "<html>"',
  });
});

it("lines that were refused are named by their place", () => {
  const body = JSON.stringify({ accepted: 1, refused: [{ line: 2, why: "no time" }] });
  expect(judge("", { status: 202, retryAfter: undefined, body }, 0)).toMatchObject({
    refused: new Map([[1, "no time"]]),
  });
});
