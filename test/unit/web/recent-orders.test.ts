import { expect, test } from "vitest";
import type { OrdersAnswer } from "../../../src/protocol/answers/orders.ts";
import type { ListedSymbol } from "../../../web/data/symbols/symbol-list.ts";
import type { Api } from "../../../web/feed/api.ts";
import { askTracedOrders } from "../../../web/feed/trace/recent-orders.ts";

const listed = (symbol: string, last_event: number | null) =>
  ({ symbol, last_event }) as unknown as ListedSymbol;

test("ids are offered of the newest orders of the symbols that something came for last", async () => {
  const asked: string[] = [];
  const orders: Api["orders"] = async (symbol, { limit }) => {
    asked.push(symbol);
    if (symbol === "GONE") return { kind: "unknown" };
    const all = Array.from({ length: limit }, (_, at) => ({
      ...{ id: `${symbol}-${at}`, ts: 100 - at * 10 + (symbol === "B" ? 1 : 0) },
      // Every other order bears none.
      ...(at % 2 === 0 && { correlation_id: `of ${symbol}-${at}` }),
    }));
    return { kind: "ok", value: { orders: all } as unknown as OrdersAnswer };
  };
  const list = [listed("A", 5), listed("OLD", null), listed("B", 9), listed("GONE", 7)];
  const many = Array.from({ length: 20 }, (_, at) => listed(`_${at}`, 1));
  const answer = await askTracedOrders({ orders }, [...list, ...many]);
  if (answer.kind !== "ok") throw new Error(answer.kind);
  expect(asked.slice(0, 3)).toEqual(["B", "GONE", "A"]);
  expect(asked).toHaveLength(8);
  expect(answer.value).toHaveLength(12);
  expect(answer.value[0]).toMatchObject({ symbol: "B", correlation_id: "of B-0" });
  const times = answer.value.map(({ ts }) => ts);
  expect(times).toEqual(times.toSorted((a, b) => b - a));
  const failed = { kind: "failed", status: 503, detail: "away" } as const;
  expect(await askTracedOrders({ orders: async () => failed }, list)).toEqual(failed);
});
