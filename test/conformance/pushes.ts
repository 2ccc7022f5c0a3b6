import {
  historyAnswerSchema,
  positionsAnswerSchema,
  symbolsAnswerSchema,
} from "../../src/protocol/answers/answers.ts";
import {
  eventsOf,
  minuteUs,
  points,
  poll,
  post,
  push,
  pushBars,
  pushTo,
  read,
  refusal,
  valuesOf,
} from "./asking.ts";
import { equals, holds } from "./expectation.ts";
import type { Check, Server } from "./server.ts";
import { Viewer } from "./viewer.ts";

const STORED = { query: "?wait=stored" };

export const pushes: readonly Check[] = [
  { rule: "I-1", run: wholeOrNot },
  { rule: "I-7", run: tradesOnce },
  { rule: "I-7", run: forgottenTrades },
  { rule: "I-8", run: answers },
  { rule: "I-10", run: correlation },
  { rule: "I-11", run: positions },
  { rule: "I-12", run: postedBars },
  { rule: "I-13", run: books },
  { rule: "I-20", run: offsets },
  { rule: "INV-1", run: storedOnce },
];

async function wholeOrNot(server: Server): Promise<void> {
  const [a, b] = [server.newSymbol(), server.newSymbol()];
  const good = points(server, a, 1, 2);
  const bad = { symbol: b, metric: "m", value: null };
  refusal("a batch with a bad item", await post(server, "metrics", [...good, bad]), 422);
  for (const symbol of [a, b]) {
    const { status } = await server.http(`/api/rooms/${symbol}/events?since=0`);
    equals("nothing of the batch taken:", status, 404);
  }
  const { accepted, cursors } = await push(server, "metrics", [...good, { ...bad, value: 3 }]);
  equals(
    "a batch for two rooms taken:",
    [accepted, Object.keys(cursors).sort()],
    [3, [a, b].sort()],
  );
  equals("events of one", valuesOf(await eventsOf(server, a)), [1, 2]);
  equals("events of the other", valuesOf(await eventsOf(server, b)), [3]);
}

async function tradesOnce(server: Server): Promise<void> {
  const symbol = server.newSymbol();
  const trade = { symbol, price: 1, size: 1, id: "t1", ts: minuteUs(server, 2) };
  await push(server, "trades", [trade, { ...trade, price: 2 }]);
  await push(server, "trades", { ...trade, price: 3 }, STORED);
  const others = [
    { ...trade, venue: "x" },
    { ...trade, id: "t2" },
    { ...trade, ts: trade.ts + 1 },
  ];
  await push(server, "trades", others, STORED);
  const prices = (await eventsOf(server, symbol)).map(
    (each) => each.kind === "trade" && each.price,
  );
  equals("trades of the log", prices, [1, 1, 1, 1]);
  const { bars } = await read(server, historyAnswerSchema, `/api/history/${symbol}?interval=1m`);
  equals(
    "trades of the bar",
    bars.map((bar) => [bar.trades, bar.high]),
    [[4, 1]],
  );
}

/** More trades than a room remembers, and the first of them again. */
async function forgottenTrades(server: Server): Promise<void> {
  const symbol = server.newSymbol();
  const startUs = minuteUs(server, 2);
  const trades = Array.from({ length: 21_000 }, (_, at) => ({
    ...{ symbol, price: 1, size: 1 },
    ...{ id: `t${at}`, ts: startUs + at },
  }));
  for (let at = 0; at < trades.length; at += 5_000) {
    await push(server, "trades", trades.slice(at, at + 5_000));
  }
  await push(server, "trades", trades.slice(0, 500), STORED);
  const volume = async () => {
    const { symbols } = await read(server, symbolsAnswerSchema, "/api/symbols");
    return symbols.find((line) => line.symbol === symbol)?.volume;
  };
  for (let left = 60; left > 0 && (await volume()) !== trades.length; left -= 1) {
    await server.clock.sleep(500);
  }
  equals("volume of the day, each trade once", await volume(), trades.length);
}

async function answers(server: Server): Promise<void> {
  const symbol = server.newSymbol();
  const durable = await post(server, "metrics", points(server, symbol, 1, 120));
  equals("a push answered", durable.status, 202);
  const { cursors } = await push(server, "metrics", points(server, symbol, 121));
  const after = await poll(server, symbol, cursors[symbol] ?? 0);
  equals("nothing after its cursor:", after.events, []);
  const stored = await post(server, "metrics", points(server, symbol, 122), STORED);
  // 202 says that Postgres took longer than 30 s.
  equals("a push that waits answered", stored.status, 200);
}

async function correlation(server: Server): Promise<void> {
  const path = "/api/symbols";
  const idOf = async (id: string) => {
    const answer = await server.http(path, { headers: { "x-correlation-id": id } });
    return answer.headers.get("x-correlation-id") ?? "";
  };
  const good = `Run.1_2:${"x".repeat(100)}`;
  equals("the id that came", await idOf(good), good);
  for (const bad of ["x".repeat(129), "a b", "a/b"]) {
    const made = await idOf(bad);
    holds(`a new id in place of ${bad}`, made !== bad && /^[\w.:-]{1,128}$/.test(made), made);
  }
  const made = (await server.http(path)).headers.get("x-correlation-id");
  holds("a new id where none came", made !== null && made !== "", made);
  const headers = { "x-correlation-id": good };
  refusal("a push of nothing", await post(server, "metrics", "", { headers }), 400);
  refusal("a route that is not there", await server.http("/api/nowhere"), 404);
}

async function positions(server: Server): Promise<void> {
  const symbol = server.newSymbol();
  const ts = minuteUs(server, 2);
  await push(server, "positions", [
    { symbol, quantity: 1, ts },
    { symbol, quantity: 5, account: "desk", ts },
    { symbol, quantity: 2, ts },
  ]);
  await push(server, "positions", { symbol, quantity: 3, ts });
  await push(server, "positions", { symbol, quantity: 9, account: "desk", ts: ts - 1 }, STORED);
  const answer = await read(server, positionsAnswerSchema, `/api/positions/${symbol}`);
  const held = answer.positions.map(({ account, quantity }) => [account ?? null, quantity]);
  equals("what each account holds", held, [
    [null, 3],
    ["desk", 5],
  ]);
}

async function postedBars(server: Server): Promise<void> {
  const symbol = server.newSymbol();
  await push(server, "metrics", points(server, symbol, 1));
  const viewer = await Viewer.live(server, symbol, "now");
  const bar = { symbol, interval: "1m", open: 1, high: 4, low: 1, close: 2, volume: 3 };
  const ts = minuteUs(server, 60);
  await pushBars(server, { ...bar, ts });
  await pushBars(server, { ...bar, ts, close: 3 });
  const { bars } = await read(server, historyAnswerSchema, `/api/history/${symbol}?interval=1m`);
  equals(
    "the last posted stays:",
    bars.map((each) => [each.ts, each.close]),
    [[ts, 3]],
  );
  // Minutes of a clock that is a little ahead are taken.
  const hourUs = Math.floor((server.clock.nowMs() + 300_000) / 3_600_000) * 3_600_000_000;
  const growing = await post(server, "bars", { ...bar, interval: "1h", ts: hourUs });
  refusal("a bar that is not over", growing, 422);
  refusal(
    "a ts inside of a bucket",
    await post(server, "bars", { ...bar, ts: ts + 1_000_000 }),
    422,
  );
  refusal("a bar of 5m", await post(server, "bars", { ...bar, ts, interval: "5m" }), 422);
  await push(server, "metrics", points(server, symbol, 2));
  const next = await viewer.expect("events");
  equals("no viewer sent a bar; the next events:", valuesOf(next.events), [2]);
}

async function books(server: Server): Promise<void> {
  const symbol = server.newSymbol();
  const book = { symbol, type: "snapshot", bids: [[1, 1]], asks: [[3, 1]] };
  const cursor = await pushTo(server, symbol, "books", {
    ...book,
    bids: [
      [-2, 1],
      [1, 1],
      [0, 5],
      [1, 7],
    ],
  });
  const twice = await server.http(`/api/books/${symbol}`);
  const { book: held } = JSON.parse(twice.text) as { book: { bids: [number, number][] } };
  const sorted = held.bids.sort(([a], [b]) => b - a);
  equals("the last of a price counts:", sorted, [
    [1, 7],
    [0, 5],
    [-2, 1],
  ]);
  const levels = (count: number) => Array.from({ length: count }, (_, at) => [3 + at, 1]);
  const refused = async (what: string, changes: object) =>
    refusal(what, await post(server, "books", { ...book, ...changes }), 422);
  await refused("1,001 levels", { asks: levels(1_001) });
  await refused("a negative size", { bids: [[1, -1]] });
  await refused("a snapshot with a size of 0", { bids: [[1, 0]] });
  await refused("a crossed snapshot", { bids: [[3, 1]] });
  await refused("a price that is text", { bids: [["1", 1]] });
  await push(server, "books", { ...book, asks: levels(1_000) });
  await push(server, "books", { ...book, type: "diff", bids: [[4, 1]], asks: [] });
  const { events } = await poll(server, symbol, cursor);
  equals("a diff that crosses is taken:", events.length, 2);
}

async function offsets(server: Server): Promise<void> {
  const symbol = server.newSymbol();
  const bar = { symbol, interval: "1h", open: 1, high: 1, low: 1, close: 1, volume: 1 };
  const [day, other] = [1_577_836_800_000_000, 1_577_923_200_000_000];
  const halfUs = 1_800_000_000;
  await pushBars(server, [
    { ...bar, offset: "30m", ts: day + halfUs },
    { ...bar, ts: other },
    { ...bar, interval: "1d", offset: "13h30m", ts: day + 27 * halfUs },
  ]);
  const path = `/api/history/${symbol}?interval=1h&from=${day}&to=${other + 2 * halfUs}`;
  const { bars } = await read(server, historyAnswerSchema, path);
  equals(
    "bars at their own ts:",
    bars.map(({ ts }) => ts),
    [day + halfUs, other],
  );
  const refused = async (what: string, changes: object) =>
    refusal(what, await post(server, "bars", { ...bar, ...changes }), 422);
  await refused("a ts beside its offset", { offset: "30m", ts: day });
  await refused("an offset as long as the interval", { offset: "60m", ts: day });
  await refused("an offset in seconds", { offset: "30s", ts: day });
  await refused("an offset of a minute", { interval: "1m", offset: "1m", ts: day });
}

async function storedOnce(server: Server): Promise<void> {
  const symbol = server.newSymbol();
  for (const first of [1, 51, 101]) {
    await push(server, "metrics", points(server, symbol, first, 50), STORED);
  }
  const answer = await server.http(`/api/export?kind=metric&metric=load&symbol=${symbol}&from=0`);
  equals("an export answered", answer.status, 200);
  const lines = answer.text.trim().split("\n");
  const values = lines.map((line) => (JSON.parse(line) as { value: number }).value);
  equals("points stored", [values.length, new Set(values).size], [150, 150]);
}
