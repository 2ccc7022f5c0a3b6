import {
  latencyAnswerSchema,
  notesAnswerSchema,
  orderAnswerSchema,
  ordersAnswerSchema,
  reconciliationAnswerSchema,
  slippageAnswerSchema,
} from "../../src/protocol/answers/orders.ts";
import type { OrderEvent } from "../../src/protocol/events/order.ts";
import type { OrderStatus } from "../../src/protocol/words/order-status.ts";
import { minuteUs, post, push, read, refusal, refusalOf, wordsOf } from "./asking.ts";
import { equals, holds } from "./expectation.ts";
import type { Check, Server } from "./server.ts";
import { Viewer } from "./viewer.ts";

/** Orders and notes (SPEC, Orders and notes). */
export const orders: readonly Check[] = [
  { rule: "OR-1", run: refused },
  { rule: "OR-2", run: sameAgain },
  { rule: "OR-3", run: newest },
  { rule: "OR-4", run: openOrders },
  { rule: "OR-5", run: pagesAndLife },
  { rule: "OR-6", run: latencyAndSlippage },
  { rule: "OR-7", run: reconciled },
  { rule: "N-1", run: notes },
];

const state = (symbol: string, id: string, status: OrderStatus, rest: object = {}) => ({
  ...{ symbol, id, status },
  ...rest,
});

const listOf = (server: Server, symbol: string, query = "") =>
  read(server, ordersAnswerSchema, `/api/orders/${symbol}${query}`);

const named = (all: readonly OrderEvent[]) => all.map(({ id, status }) => [id, status]);

async function refused(server: Server): Promise<void> {
  const symbol = server.newSymbol();
  const bad = [
    { ...state(symbol, "1", "sent"), status: "done" },
    state(symbol, "1", "sent", { quantity: -1 }),
    state(symbol, "", "sent"),
    state(symbol, "1", "sent", { size: 1 }),
  ];
  for (const one of bad) {
    const answer = await post(server, "orders", [one, state(symbol, "2", "sent")]);
    refusal(JSON.stringify(one), answer, 422);
  }
  const words = wordsOf(refusal("a status", await post(server, "orders", bad[0]), 422));
  holds("the statuses named", words.includes("partially_filled"), words);
  refusalOf(
    "and none of it taken",
    await server.http(`/api/orders/${symbol}`),
    404,
    "unknown-symbol",
  );
}

async function sameAgain(server: Server): Promise<void> {
  const symbol = server.newSymbol();
  const ts = minuteUs(server, 2);
  const sent = state(symbol, "1", "sent", { ts, quantity: 1 });
  await push(server, "orders", [sent, sent, { ...sent, account: "a" }, { ...sent, venue: "v" }]);
  await push(server, "orders", { ...sent, quantity: 2 });
  const { orders: found } = await read(server, orderAnswerSchema, `/api/orders/${symbol}/1`);
  const lives = found.map(({ venue, account, states }) => [
    ...[venue ?? null, account ?? null],
    states.map(({ quantity }) => quantity),
  ]);
  equals("orders by venue and account", lives.map((one) => JSON.stringify(one)).sort(), [
    '["v",null,[1]]',
    '[null,"a",[1]]',
    "[null,null,[2]]",
  ]);
}

async function newest(server: Server): Promise<void> {
  const symbol = server.newSymbol();
  const ts = minuteUs(server, 2);
  await push(server, "orders", [
    state(symbol, "1", "filled", { ts: ts + 1 }),
    state(symbol, "1", "canceled", { ts: ts + 1 }),
    state(symbol, "1", "sent", { ts }),
    state(symbol, "2", "acknowledged", { ts: ts + 3 }),
    state(symbol, "2", "rejected", { ts: ts + 2 }),
  ]);
  const { orders: found } = await listOf(server, symbol);
  equals("the newest states", named(found), [
    ["2", "acknowledged"],
    ["1", "filled"],
  ]);
}

async function openOrders(server: Server): Promise<void> {
  const symbol = server.newSymbol();
  const ts = minuteUs(server, 2);
  await push(server, "orders", [
    state(symbol, "1", "sent", { ts }),
    state(symbol, "2", "sent", { ts }),
    state(symbol, "2", "canceled", { ts: ts + 9 }),
    state(symbol, "2", "acknowledged", { ts: ts + 5 }),
  ]);
  const viewer = await Viewer.join(server, symbol);
  await viewer.expect("hello");
  const shown = await viewer.expect("snapshot");
  equals("the open orders", named(shown.orders), [["1", "sent"]]);
  equals("in a list", named((await listOf(server, symbol, "?open=true")).orders), [["1", "sent"]]);
}

async function pagesAndLife(server: Server): Promise<void> {
  const symbol = server.newSymbol();
  const ts = minuteUs(server, 3);
  const began = ["1", "2", "3"].map((id, at) =>
    state(symbol, id, "sent", { ts: ts + at, account: "a" }),
  );
  await push(server, "orders", [
    ...began,
    state(symbol, "1", "acknowledged", { ts: ts + 9, account: "a" }),
  ]);
  const seen: string[] = [];
  for (let after = ""; ; ) {
    const page = await listOf(server, symbol, `?limit=2${after}`);
    seen.push(...page.orders.map(({ id }) => id));
    if (page.next === undefined) break;
    holds("truncated where there is a next page", page.truncated, page);
    after = `&after=${encodeURIComponent(page.next)}`;
  }
  equals("all of them, those that began last first", seen, ["3", "2", "1"]);
  const some = await listOf(server, symbol, `?from=${ts + 1}&to=${ts + 2}&account=a`);
  equals("of a range", named(some.orders), [["2", "sent"]]);
  const lived = await listOf(server, symbol, `?from=${ts + 1}&to=${ts + 2}&by=lived&limit=1`);
  equals("of those that lived in it", named(lived.orders), [["2", "sent"]]);
  equals("how many there are", lived.total, { kind: "exact", count: 2 });
  const next = encodeURIComponent(lived.next ?? "");
  const before = await listOf(
    server,
    symbol,
    `?from=${ts + 1}&to=${ts + 2}&by=lived&after=${next}`,
  );
  equals("and what began before", named(before.orders), [["1", "acknowledged"]]);
  equals("of no account", (await listOf(server, symbol, "?account=")).orders.length, 0);
  const life = await read(server, orderAnswerSchema, `/api/orders/${symbol}/1`);
  equals(
    "its states",
    life.orders.map(({ states }) => named(states)),
    [
      [
        ["1", "sent"],
        ["1", "acknowledged"],
      ],
    ],
  );
  equals("a leg", life.orders[0]?.legs.sent_to_acknowledged, 9);
  refusalOf("no such order", await server.http(`/api/orders/${symbol}/9`), 404, "unknown-order");
}

async function latencyAndSlippage(server: Server): Promise<void> {
  const symbol = server.newSymbol();
  const ts = minuteUs(server, 3);
  const book = { symbol, type: "snapshot", bids: [[9, 1]], asks: [[11, 1]], sampled: true };
  await push(server, "books", [
    { ...book, ts: ts - 5 },
    { ...book, bids: [[19, 1]], asks: [[21, 1]], ts: ts + 5 },
  ]);
  await push(server, "orders", [
    state(symbol, "1", "sent", { ts, side: "buy" }),
    state(symbol, "1", "filled", { ts: ts + 40, filled: 2, avg_price: 10.5 }),
    state(symbol, "2", "sent", { ts: ts - 60, side: "buy" }),
    state(symbol, "2", "filled", { ts: ts + 20, filled: 1, avg_price: 10 }),
    state(symbol, "3", "sent", { ts }),
  ]);
  const latency = await read(server, latencyAnswerSchema, `/api/orders/${symbol}/latency`);
  const { count, p50_us, max_us } = latency.legs.sent_to_final;
  equals("orders, and lengths of a leg", [latency.orders, count, p50_us, max_us], [3, 2, 60, 80]);
  const slippage = await read(server, slippageAnswerSchema, `/api/orders/${symbol}/slippage`);
  equals(
    "against the mid",
    [slippage.mid.orders, slippage.mid.price, slippage.mid.basis_points],
    [1, 0.5, 500],
  );
  equals("against the best ask", slippage.opposite.price, -0.5);
  const { no_book, no_fill } = slippage.unknown;
  equals("without a book, or a fill", [no_book, no_fill], [1, 1]);
  const { orders: lives } = await read(server, orderAnswerSchema, `/api/orders/${symbol}/2`);
  equals("why there is none", lives[0]?.slippage_reason, "no_book");
}

async function reconciled(server: Server): Promise<void> {
  const symbol = server.newSymbol();
  const ts = minuteUs(server, 3);
  await push(server, "positions", [
    { symbol, account: "a", quantity: 1, ts },
    { symbol, account: "a", quantity: 4, ts: ts + 100 },
  ]);
  const filled = { side: "buy", account: "a" };
  await push(server, "orders", [
    state(symbol, "1", "filled", { ...filled, filled: 2, ts: ts + 50 }),
    state(symbol, "2", "filled", { ...filled, filled: 7, ts: ts + 200 }),
  ]);
  const path = `/api/orders/${symbol}/reconciliation?account=a`;
  const { accounts } = await read(server, reconciliationAnswerSchema, path);
  const step = { from_ts: ts, to_ts: ts + 100, change: 3, filled: 2, unexplained: 1 };
  equals("what fills do not explain", accounts, [
    { account: "a", whole: step, steps: [step], filled_since: 7, fills_without_side: 0 },
  ]);
}

async function notes(server: Server): Promise<void> {
  const symbol = server.newSymbol();
  const ts = minuteUs(server, 2);
  const viewer = await Viewer.live(server, symbol);
  await push(server, "notes", [
    { symbol, text: "one", ts },
    { symbol, text: "one", ts },
    { symbol, text: "two", id: "n", level: "warn", ts },
    { symbol, text: "later", ts: ts + 1 },
  ]);
  const heard = await viewer.expect("events");
  equals("a viewer hears", heard.events.map(({ kind }) => kind).slice(0, 1), ["note"]);
  await push(server, "notes", { symbol, text: "two, edited", id: "n", ts });
  const found = await read(server, notesAnswerSchema, `/api/notes/${symbol}`);
  equals("the newest first", found.notes[0]?.text, "later");
  equals("each once", found.notes.map(({ text }) => text).sort(), ["later", "one", "two, edited"]);
  const page = await read(server, notesAnswerSchema, `/api/notes/${symbol}?limit=1`);
  const rest = await read(
    ...([server, notesAnswerSchema] as const),
    `/api/notes/${symbol}?after=${encodeURIComponent(page.next ?? "")}`,
  );
  equals("the rest", rest.notes.length, 2);
  refusal("a level", await post(server, "notes", { symbol, text: "x", level: "loud" }), 422);
  refusal("a long text", await post(server, "notes", { symbol, text: "x".repeat(501) }), 422);
}
