import { expect, test } from "vitest";
import type { RoomLog } from "../../../durable/room/log/room-log.ts";
import { tailOf } from "../../../durable/room/log/tail.ts";
import type { RoomTail } from "../../../src/bindings/host.ts";
import type { Rooms } from "../../../src/bindings/rooms.ts";
import { encodeFrames } from "../../../src/core/events/encode-events.ts";
import type { Database } from "../../../src/db/driver/database.ts";
import type { SymbolName } from "../../../src/protocol/words/symbol.ts";
import type { Cursor, EpochUs } from "../../../src/protocol/words/time.ts";
import { readLatency, readOrder } from "../../../src/reads/orders/order-lives.ts";
import { readSymbolOrders } from "../../../src/reads/orders/symbol-orders.ts";
import { order } from "../orders/orders.ts";

const SYMBOL = "ACME" as SymbolName;

/** A room of which nothing is stored: an order each frame, under the frame's cursor. */
function roomOf(orders: number): Pick<RoomLog, "storedThrough" | "head" | "framesAfter"> {
  const frames = Array.from({ length: orders }, (_, at) => {
    const [frame] = encodeFrames([order(at, "sent", { id: String(at + 1) })]);
    return { cursor: (at + 1) as Cursor, text: frame?.text ?? "", count: 1 };
  });
  return {
    ...{ storedThrough: 0 as Cursor, head: orders as Cursor },
    *framesAfter(after, upTo) {
      yield* frames.slice(after, upTo);
    },
  };
}

function sourcesOf(orders: number) {
  const log = roomOf(orders) as RoomLog;
  const rooms = {
    hostOf: () => ({
      readTail: async (_: SymbolName, most: number): Promise<RoomTail> => tailOf(log, most),
    }),
  };
  const db: Database = { query: async () => [], transaction: async (all) => all.map(() => []) };
  return { db, rooms: rooms as unknown as Rooms, correlationId: "c" };
}

const readOf = (orders: number, id: string) => readOrder(sourcesOf(orders), SYMBOL, id, null);

test("OR-5 an order among more than is looked through is not said to be none", async () => {
  const found = (id: string) => ({ kind: "read", answer: { orders: [{ states: [{ id }] }] } });
  expect(await readOf(20_001, "20000")).toMatchObject(found("20000"));
  expect(await readOf(20_001, "20001")).toEqual({ kind: "not_yet" });
  expect(await readOf(20_000, "20000")).toMatchObject(found("20000"));
  expect(await readOf(20_000, "20001")).toMatchObject({ kind: "read", answer: { orders: [] } });
});

test("OR-5 a list that ends before all that waits says so, and where", async () => {
  const range = { symbol: SYMBOL, fromUs: -1 as EpochUs, toUs: 30_000 as EpochUs, account: null };
  const query = { ...range, by: "began", open: false, id: null, after: null, limit: 3 } as const;
  for (const [orders, complete] of [
    [20_000, undefined],
    [20_001, false],
  ] as const) {
    const list = await readSymbolOrders(sourcesOf(orders), query);
    expect([list.cursor, list.complete]).toEqual([20_000, complete]);
    const latency = await readLatency(sourcesOf(orders), range);
    expect(latency).toMatchObject({ answer: { cursor: 20_000 } });
    expect(latency.kind === "read" && latency.answer.complete).toBe(complete);
  }
});
