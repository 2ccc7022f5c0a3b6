import type { ServerMessage } from "../../src/protocol/socket/server-message.ts";
import { SUBPROTOCOL } from "../../src/protocol/socket/version.ts";
import { later, minuteUs, numbers, push, pushPoints, pushTo, refusal, valuesOf } from "./asking.ts";
import { equals, holds, NotSeen, Unmet } from "./expectation.ts";
import type { Check, Server } from "./server.ts";
import { socketPath, Viewer } from "./viewer.ts";

/** How a viewer comes in, what it is told, and how it goes (SPEC, Connecting; What the room says; Close codes). */
export const joining: readonly Check[] = [
  { rule: "P-1", run: subprotocols },
  { rule: "P-2", run: refusedUpgrades },
  { rule: "P-3", run: tokens },
  { rule: "S-1", run: hello },
  { rule: "S-2", run: snapshot },
  { rule: "S-3", run: replayWithoutSeam },
  { rule: "S-4", run: caughtUp },
  { rule: "S-6", run: order },
  { rule: "X-2", run: closeAnswered },
  { rule: "INV-2", run: comingBack },
  { rule: "INV-4", run: liveBehindReplay },
];

async function connected(server: Server, ...request: Parameters<Server["connect"]>) {
  const connection = await server.connect(...request);
  if (connection.kind === "open") return connection;
  throw new Unmet(`a socket at ${request[0]}`, `${connection.status} ${connection.text}`);
}

async function subprotocols(server: Server): Promise<void> {
  const path = socketPath(server.newSymbol());
  equals("the answer names", (await connected(server, path)).protocol, SUBPROTOCOL);
  const others = { protocols: ["another.v9", SUBPROTOCOL] };
  equals("of two it names", (await connected(server, path, others)).protocol, SUBPROTOCOL);
  const none = await connected(server, path, { protocols: [] });
  equals("who offers none is told", none.protocol, "");
  const { type } = await new Viewer(none, server.clock).next();
  equals("and served", type, "hello");
}

async function refusedUpgrades(server: Server): Promise<void> {
  const symbol = server.newSymbol();
  const bad: [string, string, number][] = [
    ["a since in words", `/ws/${symbol}?since=yesterday`, 400],
    ["a negative since", `/ws/${symbol}?since=-5`, 400],
    ["no symbol", `/ws/${encodeURIComponent("a%b")}`, 400],
  ];
  for (const [what, path, status] of bad) {
    const answer = await server.connect(path);
    holds(`${what} refused by HTTP`, answer.kind === "refused", answer.kind);
    refusal(what, answer, status);
  }
  refusal("a GET that is no upgrade", await server.http(`/ws/${symbol}`), 426);
}

async function tokens(server: Server): Promise<void> {
  const path = socketPath(server.newSymbol());
  const bad = await server.connect(path, { token: "not.a.token" });
  holds("a bad token refused", bad.kind === "refused", bad.kind);
  refusal("a bad token", bad, 401);
  const offered = await server.connect(path, {
    ...{ token: null, protocols: [SUBPROTOCOL, "bearer.not.a.token"] },
  });
  holds("a bad token among the subprotocols refused", offered.kind === "refused", offered.kind);
  refusal("a bad token among the subprotocols", offered, 401);
}

async function hello(server: Server): Promise<void> {
  const symbol = server.newSymbol();
  const head = await pushPoints(server, symbol, 1, 3);
  const viewer = await Viewer.join(server, symbol, 0);
  const told = await viewer.expect("hello");
  equals("room and cursor", [told.room, told.cursor], [symbol, head]);
  holds("an oldest cursor up to the newest", told.oldest <= head, told);
  holds("a heartbeat and a window", told.heartbeat_ms > 0 && told.window > 0, told);
  await viewer.until("caught_up");
  await pushPoints(server, symbol, 4);
  equals("and no other hello", (await viewer.next()).type, "events");
}

async function snapshot(server: Server): Promise<void> {
  const symbol = server.newSymbol();
  const ts = minuteUs(server, 0);
  const labels = { venue: "x" };
  await push(server, "metrics", [
    { symbol, metric: "m", value: 1, ts },
    { symbol, metric: "m", value: 2, ts: ts - 1 },
    { symbol, metric: "m", value: 3, labels, ts },
  ]);
  await push(server, "positions", [
    { symbol, quantity: 4, ts },
    { symbol, quantity: 5, account: "desk", ts },
  ]);
  await push(server, "books", { symbol, type: "snapshot", bids: [[1, 1]], asks: [[2, 1]], ts });
  await push(server, "books", {
    symbol,
    type: "diff",
    bids: [
      [1, 0],
      [1.5, 2],
    ],
    asks: [],
    ts,
  });
  const trades = [5, 9, 7].map((price) => ({ symbol, price, size: 2, ts }));
  const head = await pushTo(server, symbol, "trades", trades);
  const viewer = await Viewer.join(server, symbol);
  const { cursor } = await viewer.expect("hello");
  const shown = await viewer.expect("snapshot");
  equals("the cursor of hello, which is the head:", [shown.cursor, cursor], [head, head]);
  const metrics = shown.metrics.map((point) => [point.value, point.labels ?? {}]);
  equals("the last points", metrics.sort(), [
    [1, {}],
    [3, labels],
  ]);
  const held = shown.positions.map(({ quantity, account }) => [quantity, account ?? null]);
  equals("the positions", held.sort(), [
    [4, null],
    [5, "desk"],
  ]);
  equals("the last trade", shown.trade?.price, 7);
  const bar = shown.bar && [shown.bar.open, shown.bar.high, shown.bar.close, shown.bar.volume];
  equals("the growing bar", [shown.bar?.interval, bar], ["1m", [5, 9, 7, 6]]);
  equals("the book", [shown.book?.bids, shown.book?.asks], [[[1.5, 2]], [[2, 1]]]);
  equals("then", (await viewer.expect("caught_up")).replayed, 0);
  await pushPoints(server, symbol, 8);
  equals("and on from there:", valuesOf((await viewer.expect("events")).events), [8]);
}

/** Pushes the values 0 to `count` - 1, some at a time, one push after the other; tells how far it is. */
async function pushing(
  server: Server,
  symbol: string,
  count: number,
  onPushed: (cursor: number, next: number) => void,
): Promise<void> {
  for (let first = 0; first < count; first += 5) {
    onPushed(await pushPoints(server, symbol, first, 5), first + 5);
  }
}

async function replayWithoutSeam(server: Server): Promise<void> {
  const symbol = server.newSymbol();
  const count = 400;
  const reading: Promise<{ next: number; values: number[] }>[] = [];
  await pushing(server, symbol, count, (cursor, next) => {
    if (next % 100 !== 50) return;
    const joined = Viewer.join(server, symbol, cursor);
    const valuesOf = joined.then((viewer) => viewer.valuesTo(count - 1));
    reading.push(later(valuesOf.then(({ values }) => ({ next, values }))));
  });
  for (const { next, values } of await Promise.all(reading)) {
    equals(
      `every later event once and in order, from ${next}:`,
      values,
      numbers(next, count - next),
    );
  }
}

async function comingBack(server: Server): Promise<void> {
  const symbol = server.newSymbol();
  const count = 400;
  await pushPoints(server, symbol, -1);
  const pushes = later(pushing(server, symbol, count, () => {}));
  const seen: number[] = [];
  let cursor: number | undefined;
  // One less than L-3 allows in a minute; the last reads to the end.
  for (let joins = 0; joins < 8; joins += 1) {
    const viewer = await Viewer.join(server, symbol, cursor ?? 0);
    const enough = joins === 7 ? count - 1 : joins * 50;
    while ((seen.at(-1) ?? -2) < enough) {
      const message = await viewer.next();
      if (message.type === "gap") throw new NotSeen("the server said a gap");
      if (message.type !== "events") continue;
      seen.push(...valuesOf(message.events));
      cursor = message.cursor;
    }
    viewer.close();
  }
  await pushes;
  equals("every event once and in order over 8 joins:", seen, numbers(-1, count + 1));
}

async function caughtUp(server: Server): Promise<void> {
  const symbol = server.newSymbol();
  const first = await pushPoints(server, symbol, 0, 10);
  const head = await pushPoints(server, symbol, 10, 120);
  const viewer = await Viewer.join(server, symbol, first);
  await viewer.until("events");
  const end = (await viewer.until("caught_up")).at(-1);
  const wanted = { type: "caught_up", cursor: head, replayed: 120, complete: true };
  equals("after 120 events", end, wanted);
}

async function order(server: Server): Promise<void> {
  const symbol = server.newSymbol();
  const cursor = await pushPoints(server, symbol, 0, 60);
  const typesOf = async (since?: number) => {
    const viewer = await Viewer.join(server, symbol, since);
    const types = (await viewer.until("caught_up")).map(({ type }) => type);
    return types.filter((type, at) => type !== types[at - 1]);
  };
  equals("without since", await typesOf(), ["hello", "snapshot", "caught_up"]);
  equals("with since=0", await typesOf(0), ["hello", "events", "caught_up"]);
  equals("with the newest cursor", await typesOf(cursor), ["hello", "caught_up"]);
}

async function liveBehindReplay(server: Server): Promise<void> {
  const symbol = server.newSymbol();
  for (const first of [0, 1_000, 2_000]) await pushPoints(server, symbol, first, 1_000);
  const viewers: Promise<ServerMessage[]>[] = [];
  const pushes = numbers(3_000, 20).map(async (value, at) => {
    if (at % 5 === 0) {
      const viewer = await Viewer.join(server, symbol, 0);
      viewers.push(later(viewer.until("caught_up")));
    }
    await pushPoints(server, symbol, value);
  });
  await Promise.all(pushes);
  for (const messages of await Promise.all(viewers)) {
    let last = 0;
    let count = 0;
    for (const message of messages) {
      if (message.type === "events") {
        holds(`a cursor beyond ${last}`, message.cursor > last, message.cursor);
        last = message.cursor;
        count += message.events.length;
      }
      if (message.type === "caught_up") {
        equals("events up to caught_up", [count, message.cursor], [message.replayed, last]);
      }
    }
  }
}

async function closeAnswered(server: Server): Promise<void> {
  const symbol = server.newSymbol();
  for (const code of [1000, 3000, 4321]) {
    const viewer = await Viewer.live(server, symbol);
    viewer.close(code);
    await viewer.closedWith(code);
  }
}
