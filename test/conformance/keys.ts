import { historyAnswerSchema } from "../../src/protocol/answers/answers.ts";
import {
  eventsOf,
  minuteUs,
  points,
  post,
  push,
  read,
  refusal,
  refusalOf,
  valuesOf,
} from "./asking.ts";
import { equals } from "./expectation.ts";
import type { Check, Server } from "./server.ts";

/** What an Idempotency-Key does (SPEC, Ingest). */
export const keys: readonly Check[] = [
  { rule: "I-6", run: sameAgain },
  { rule: "I-15", run: wholeRequest },
  { rule: "I-15", run: refusedLeavesFree },
  { rule: "INV-6", run: nothingCountsTwice },
];

function keyed(server: Server) {
  const key = server.newSymbol();
  return { headers: { "idempotency-key": key } };
}

async function sameAgain(server: Server): Promise<void> {
  const symbol = server.newSymbol();
  const key = keyed(server);
  const batch = points(server, symbol, 1, 3);
  const first = await post(server, "metrics", batch, key);
  equals("the first answered", first.status, 202);
  const again = await post(server, "metrics", batch, key);
  equals("the same again answered", [again.status, again.text], [first.status, first.text]);
  equals("events", valuesOf(await eventsOf(server, symbol)), [1, 2, 3]);
  const other = await post(server, "metrics", points(server, symbol, 4), key);
  refusalOf("another body", other, 422, "idempotency-key-reused");
  for (const bad of ["k".repeat(256), "a b"]) {
    const headers = { "idempotency-key": bad };
    refusal("a key that is none", await post(server, "metrics", batch, { headers }), 400);
  }
}

async function wholeRequest(server: Server): Promise<void> {
  const [a, b, c] = [server.newSymbol(), server.newSymbol(), server.newSymbol()];
  const key = keyed(server);
  const [forA, forB, forC] = [a, b, c].map((symbol) => ({ symbol, metric: "m", value: 1 }));
  await push(server, "metrics", [forA, forB], key);
  const others: [string, "metrics" | "positions", unknown][] = [
    ["another symbol", "metrics", [forA, forC]],
    ["more of them", "metrics", [forA, forB, forC]],
    ["fewer of them", "metrics", [forA]],
    ["another route", "positions", { symbol: c, quantity: 1 }],
  ];
  for (const [what, route, body] of others) {
    refusalOf(what, await post(server, route, body, key), 422, "idempotency-key-reused");
  }
  equals("nothing of them taken", (await server.http(`/api/positions/${c}`)).status, 404);
  equals("events of the first", valuesOf(await eventsOf(server, a)), [1]);
}

async function refusedLeavesFree(server: Server): Promise<void> {
  const symbol = server.newSymbol();
  const key = keyed(server);
  const bad = { symbol, metric: "m", value: "1" };
  refusal("text for a value", await post(server, "metrics", bad, key), 422);
  await push(server, "metrics", { ...bad, value: 1 }, key);
  equals("events", valuesOf(await eventsOf(server, symbol)), [1]);
}

async function nothingCountsTwice(server: Server): Promise<void> {
  const symbol = server.newSymbol();
  const key = { ...keyed(server), query: "?wait=stored" };
  const trade = { symbol, price: 5, size: 2, ts: minuteUs(server, 2) };
  for (const _ of [1, 2, 3]) await push(server, "trades", trade, key);
  const { bars } = await read(server, historyAnswerSchema, `/api/history/${symbol}?interval=1m`);
  equals(
    "the volume",
    bars.map(({ volume, trades }) => [volume, trades]),
    [[2, 1]],
  );
}
