import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Delivery } from "../../client/state.ts";
import { openTape, type Tape, type TapeOptions } from "../../client/tape.ts";
import { StoredTape } from "./chaos/stored-tape.ts";
import { until } from "./chaos/until.ts";
import { PROJECT_DIR, type RunningProduct, startProduct, temporaryDataDir } from "./product.ts";

const folder = temporaryDataDir();
const LOG_FILE = join(folder.dataDir, "edgetape.log");
let product: RunningProduct;
const start = (port = 0) =>
  startProduct({ dataDir: folder.dataDir, port, environment: { LOG_FILE, LOG_LEVEL: "debug" } });
beforeAll(async () => {
  product = await start();
});
afterAll(async () => {
  await product.killGroup();
  folder.remove();
});

async function push(route: string, body: unknown): Promise<number> {
  const response = await fetch(`${product.url}/api/${route}?wait=stored`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${await product.token()}`,
      "content-type": "application/json",
    },
    body: JSON.stringify(body),
  });
  await response.text();
  return response.status;
}

async function read(path: string): Promise<{ status: number; body: Record<string, unknown> }> {
  const response = await fetch(`${product.url}${path}`);
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

/** Messages of a socket until it has been sent one that is as this says. */
async function messagesUntil(
  socket: WebSocket,
  wanted: Record<string, unknown>,
): Promise<Record<string, unknown>[]> {
  const messages: Record<string, unknown>[] = [];
  await new Promise<void>((resolve, reject) => {
    socket.onerror = () => reject(new Error("the socket failed"));
    socket.onmessage = ({ data }) => {
      const message = JSON.parse(String(data)) as Record<string, unknown>;
      messages.push(message);
      if (Object.entries(wanted).every(([name, value]) => message[name] === value)) resolve();
    };
  });
  return messages;
}

/** A program that watches a symbol for good, as it does with the project's client. */
function watch(
  baseUrl: string,
  symbol: string,
  place: Pick<TapeOptions, "since" | "log"> = {},
): { tape: Tape; deliveries: Delivery[] } {
  const deliveries: Delivery[] = [];
  const onDelivery = (delivery: Delivery) => void deliveries.push(delivery);
  return { deliveries, tape: openTape({ baseUrl, symbol, onDelivery, ...place }) };
}

const roomFiles = () =>
  readdirSync(join(folder.dataDir, "objects", "edgetape-Host")).filter((name) =>
    name.endsWith(".sqlite"),
  ).length;

it("R-1 reading what nobody has pushed leaves no file, and whoever waits for it gets it on the same socket", async () => {
  expect(await push("metrics", { metric: "m", value: 1 })).toBe(200);
  const before = roomFiles();
  for (let at = 0; at < 20; at += 1) {
    for (const path of ["history/NO", "positions/NO", "books/NO", "rooms/NO"]) {
      const route = path.startsWith("rooms") ? `/api/${path}${at}/events` : `/api/${path}${at}`;
      const { status, body } = await read(route);
      expect([status, body["type"]]).toEqual([404, "urn:edgetape:problem:unknown-symbol"]);
    }
  }
  const socket = new WebSocket(`${product.url.replace("http", "ws")}/ws/WAITED`, ["edgetape.v1"]);
  await messagesUntil(socket, { type: "caught_up" });
  expect(roomFiles()).toBe(before);
  const waiting = messagesUntil(socket, { type: "events" });
  expect(await push("trades", { symbol: "WAITED", price: 1, size: 1 })).toBe(200);
  const first = (await waiting).find(({ type }) => type === "events");
  expect(first).toMatchObject({ events: [{ price: 1 }] });
  socket.close();
});

it("S-7 C-6 rooms that were lost begin with what Postgres knows, and say to viewers of before that they are others", async () => {
  const nowUs = Date.now() * 1_000;
  const trades = Array.from({ length: 10 }, (_, at) => ({
    ...{ symbol: "LOST", price: 100 + at, size: 1, id: `t${at}`, ts: nowUs - (10 - at) * 90e6 },
  }));
  expect(await push("trades", trades)).toBe(200);
  expect(await push("positions", { symbol: "LOST", quantity: 7, account: "a" })).toBe(200);
  expect(await push("metrics", { symbol: "LOST", metric: "m", value: 3 })).toBe(200);
  const book = { symbol: "LOST", type: "snapshot", bids: [[99, 1]], asks: [[101, 2]] };
  expect(await push("books", book)).toBe(200);
  const sent = { symbol: "LOST", id: "7", status: "sent", side: "buy", account: "a" };
  expect(await push("orders", [sent, { ...sent, id: "8", status: "canceled" }])).toBe(200);
  expect(await push("notes", { symbol: "LOST", text: "a note" })).toBe(200);
  const ofOrders = ["/api/orders/LOST", "/api/orders/LOST/8", "/api/notes/LOST"];
  const paths = ["/api/symbols", "/api/positions/LOST", "/api/books/LOST", ...ofOrders];
  const known = (answers: { body: Record<string, unknown> }[]) =>
    answers.map(({ body: { cursor: _, ...rest } }) => {
      const { symbols } = rest as { symbols?: { symbol: string; viewers: number }[] };
      return symbols?.find(({ symbol }) => symbol === "LOST") ?? rest;
    });
  const before = known(await Promise.all(paths.map(read)));
  const { cursor } = (await read("/api/positions/LOST")).body;
  const first = watch(product.url, "LOST");
  await until("the watcher to be live", async () => first.tape.status().kind === "live");
  const kept = { cursor: first.tape.cursor(), log: first.tape.log() };
  expect(kept).toEqual({ cursor, log: expect.stringMatching(/^[!-~]{1,64}$/) });

  expect(await product.stop()).toBe(0);
  rmSync(join(folder.dataDir, "objects"), { recursive: true });
  product = await start(product.port);
  // One comes to its place anew. The other was there all along: it may be answered by a poll first, after three sockets that
  // failed, and a poll says `reset` too and brings no snapshot. Whichever way it comes back, it is told once.
  const watcher = watch(product.url, "LOST", { since: kept.cursor, log: kept.log });
  const gapsOf = ({ deliveries }: typeof watcher) =>
    deliveries.filter(({ type }) => type === "gap");
  const mark = () => watcher.deliveries.indexOf(gapsOf(watcher)[0] as Delivery) + 1;
  await until("the watcher to be back", () => watcher.deliveries.length > mark() + 1 && mark() > 0);
  await until("the one that stayed to be told", () => gapsOf(first).length > 0);
  const heard = first.deliveries.length;
  // A trade of before again, and one for a minute of before.
  const late = { symbol: "LOST", price: 500, size: 1, ts: (trades[5]?.ts ?? 0) + 1 };
  const since = `since=${String(cursor)}`;
  const socket = new WebSocket(`${product.url.replace("http", "ws")}/ws/LOST?${since}`);
  await messagesUntil(socket, { type: "caught_up" });
  const told = messagesUntil(socket, { type: "bar", revision: 1 });
  expect(await push("trades", [trades[9], late])).toBe(200);
  const messages = await told;
  expect(messages.filter(({ type }) => type === "events")).toMatchObject([
    { events: [{ price: 500 }] },
  ]);
  const corrected = messages.find(({ type, revision }) => type === "bar" && revision === 1);
  expect(corrected).toMatchObject({ high: 500, trades: 2 });
  socket.close();
  const after = known(await Promise.all(paths.map(read)));
  // A room reports once a second.
  const lags = { volume: expect.any(Number), viewers: expect.any(Number) };
  expect(after[0]).toEqual({ ...before[0], ...lags });
  expect(after.slice(1)).toEqual(before.slice(1));

  // Nobody can say whether the old log had more than Postgres: whoever was in it is told so once, and then what is new.
  const { log } = (await read("/api/rooms/LOST/events?since=0")).body;
  expect(log).not.toBe(kept.log);
  for (const each of [watcher, first]) {
    expect(gapsOf(each)).toMatchObject([{ from: kept.cursor, reason: "reset", dropped: null }]);
  }
  // The clock may close a minute of before meanwhile, and its bar then comes among these (B-6).
  const toWatcher = watcher.deliveries.slice(mark()).filter(({ type }) => type !== "bar");
  expect(toWatcher.slice(0, 3)).toMatchObject([
    { type: "snapshot", positions: [{ quantity: 7 }], orders: [{ id: "7" }] },
    { type: "caught_up", complete: false },
    { type: "events", events: [{ price: 500 }] },
  ]);
  const newTo = () => first.deliveries.slice(heard).filter(({ type }) => type === "events");
  await until("the one that stayed to have what is new", () => newTo().length > 0);
  expect(newTo()).toMatchObject([{ events: [{ price: 500 }] }]);
  expect(gapsOf(first)).toHaveLength(1);
  for (const { tape } of [watcher, first]) {
    expect(tape.log()).toBe(log);
    tape.close();
  }
  const poll = await read(`/api/rooms/LOST/events?since=${kept.cursor}&log=${kept.log}&wait=20`);
  expect(poll.body).toMatchObject({ events: [], log, complete: false, reset: true });
});

it("INV-1 INV-2 OR-2 OR-4 an order's life is seen once over kill -9, and Postgres has each state once", async () => {
  const startUs = Date.now() * 1_000;
  const said = { symbol: "ORD", side: "buy", quantity: 5, account: "desk" };
  const state = (id: string, tick: number, status: string, filled: number) => ({
    ...{ ...said, id, status, ts: startUs + tick },
    ...(filled > 0 && { filled, avg_price: 10 }),
  });
  const life = [
    ...[state("7", 0, "sent", 0), state("7", 1, "acknowledged", 0)],
    ...[state("7", 2, "partially_filled", 2), state("7", 3, "filled", 5)],
  ];
  const open = state("8", 0, "sent", 0);
  expect(await push("orders", [life[0], open])).toBe(200);
  const watcher = watch(product.url, "ORD");
  await until("the watcher to be live", async () => watcher.tape.status().kind === "live");
  expect(watcher.deliveries[0]).toMatchObject({ orders: [{ id: "7" }, { id: "8" }] });
  const statesOf = (deliveries: readonly Delivery[]) =>
    deliveries.flatMap((delivery) =>
      delivery.type === "events"
        ? delivery.events.map((event) => "status" in event && event.status)
        : [],
    );
  expect(await push("orders", life[1])).toBe(200);
  const unstored = await fetch(`${product.url}/api/orders`, {
    ...{ method: "POST", body: JSON.stringify(life[2]) },
    headers: {
      ...{ authorization: `Bearer ${await product.token()}`, "content-type": "application/json" },
    },
  });
  expect(unstored.status).toBe(202);
  await product.killGroup();
  product = await startProduct({ dataDir: folder.dataDir, port: product.port });
  expect(await push("orders", life[3])).toBe(200);
  await until("the watcher to have heard all", () => statesOf(watcher.deliveries).length >= 3);
  expect(statesOf(watcher.deliveries)).toEqual(["acknowledged", "partially_filled", "filled"]);
  watcher.tape.close();

  // The same again is told again, and changes nothing.
  expect(await push("orders", life)).toBe(200);
  const stored = new StoredTape(() => product);
  const rows = await stored.rows(
    "select s.order_id, s.status::int4, count(*) from order_states s join symbols y on y.id = s.symbol_id where y.symbol = $1 group by 1, 2 order by 1, 2",
    ["ORD"],
  );
  expect(rows.map((row) => row.map(String))).toEqual(
    [0, 1, 2, 6].map((status) => ["7", String(status), "1"]).concat([["8", "0", "1"]]),
  );
  const { body } = await read("/api/orders/ORD/7");
  const kinds = life.map(({ symbol: _, ...event }) => ({ kind: "order", ...event }));
  expect(body["orders"]).toMatchObject([
    { states: kinds, fills: [{ quantity: 2 }, { quantity: 3 }] },
  ]);
  expect((await read("/api/orders/ORD?open=true")).body["orders"]).toMatchObject([{ id: "8" }]);
  const socket = new WebSocket(`${product.url.replace("http", "ws")}/ws/ORD`, ["edgetape.v1"]);
  const told = await messagesUntil(socket, { type: "caught_up" });
  expect(told.find(({ type }) => type === "snapshot")).toMatchObject({ orders: [{ id: "8" }] });
  socket.close();
});

const HAS_PYTHON = spawnSync("python3", ["-c", "import sqlite3"]).status === 0;

/** Pushes trades until it is killed, and says up to which they are on disk. */
const PYTHON_PRODUCER = `
from edgetape import Edgetape
import itertools, sys, time
tape = Edgetape(sys.argv[1], sys.argv[2], spool=sys.argv[3], interval=0.01)
tape.metric("up").observe(1)
tape.order("PY-ORD", "7", "sent", side="buy", quantity=2, correlation_id="c")
for at in itertools.count():
    tape.trade("PY", price=1 + at, size=1)
    time.sleep(0.0005)
    if at % 50 == 49 and tape.sync():
        print(at + 1, flush=True)
`;
/** Sends what the producer left, and reads it back. */
const PYTHON_SUCCESSOR = `
from edgetape import Edgetape
import json, sys
with Edgetape(sys.argv[1], sys.argv[2], spool=sys.argv[3]) as tape:
    assert tape.flush(60), tape.stats()
    prices = []
    for item in tape.follow("PY", since=0):
        prices += [event["price"] for event in item.events]
        if len(prices) >= int(prices[-1]):
            break
    bars = tape.history("PY", interval="1h", start="now-1d")
    assert prices == list(range(1, len(prices) + 1)), prices
    print(json.dumps({"trades": sum(bar["trades"] for bar in bars), "refused": tape.stats()["trades"]["refused"]}))
`;
const NODE_CLIENT = JSON.stringify(join(PROJECT_DIR, "push/node/index.ts"));
const NODE_PRODUCER = `
import { Edgetape } from ${NODE_CLIENT};
const [url, token, spool] = process.argv.slice(1);
const tape = new Edgetape(url, { token, spool, intervalMs: 10 });
tape.metric("up").observe(1);
for (let at = 0; ; at += 1) {
  tape.trade("NODE", { price: 1 + at, size: 1 });
  if (at % 10 === 9) await new Promise((resolve) => setTimeout(resolve, 5));
  if (at % 50 === 49 && (await tape.sync())) console.log(at + 1);
}
`;
const NODE_SUCCESSOR = `
import { Edgetape } from ${NODE_CLIENT};
const [url, token, spool] = process.argv.slice(1);
const tape = new Edgetape(url, { token, spool });
if (!(await tape.flush(60_000))) throw new Error(JSON.stringify(tape.stats()));
const { sent, refused } = tape.stats().kinds.trades;
console.log(JSON.stringify({ sent, refused }));
`;

/** A client that pushes in a process of its own. */
interface Pusher {
  symbol: string;
  program: [command: string, ...before: string[]];
  producer: string;
  successor: string;
}
const NODE: Pusher = {
  ...{ symbol: "NODE", producer: NODE_PRODUCER, successor: NODE_SUCCESSOR },
  program: [process.execPath, "--input-type=module", "-e"],
};
const PYTHON: Pusher = {
  ...{ symbol: "PY", producer: PYTHON_PRODUCER, successor: PYTHON_SUCCESSOR },
  program: ["python3", "-c"],
};

it(`INV-1 clients that push (Node${HAS_PYTHON ? " and the Python file that the product serves" : ""}) lose and repeat no trade over kill -9 of the product and of their own process`, async () => {
  const own = join(folder.dataDir, "pushers");
  mkdirSync(own);
  const served = await fetch(`${product.url}/edgetape.py`);
  const client = await served.text();
  expect(served.headers.get("content-type")).toContain("text/x-python");
  expect(client).toBe(readFileSync(join(PROJECT_DIR, "push/python/edgetape.py"), "utf8"));
  writeFileSync(join(own, "edgetape.py"), client);
  const token = await product.token();
  const run = ({ symbol, program: [command, ...before] }: Pusher, code: string) => {
    const child = spawn(command, [...before, code, product.url, token, join(own, symbol)], {
      ...{ cwd: own, stdio: ["ignore", "pipe", "ignore"] },
    });
    let said = "";
    child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      said += text;
    });
    return { child, said: () => said.trim().split("\n").at(-1) ?? "" };
  };
  const pushers = HAS_PYTHON ? [NODE, PYTHON] : [NODE];
  const producers = pushers.map((pusher) => run(pusher, pusher.producer));
  const spooled = () => producers.map(({ said }) => Number(said()));
  await until("pushes to be under way", () => spooled().every((count) => count >= 300));
  await product.killGroup();
  const atKill = spooled();
  await until("pushes to go on without a server", () =>
    spooled().every((count, at) => count >= (atKill[at] ?? 0) + 100),
  );
  const ended = producers.map(({ child }) => once(child, "close"));
  for (const { child } of producers) child.kill("SIGKILL");
  await Promise.all(ended);
  product = await start(product.port);

  const answers = await Promise.all(
    pushers.map(async (pusher) => {
      const { child, said } = run(pusher, pusher.successor);
      await once(child, "close");
      return JSON.parse(said()) as { trades?: number; refused: number };
    }),
  );
  if (HAS_PYTHON) {
    expect((await read("/api/orders/PY-ORD")).body["orders"]).toMatchObject([
      { id: "7", status: "sent", side: "buy", quantity: 2, correlation_id: "c" },
    ]);
  }
  expect(await push("trades", { symbol: "PUSHERS-END", price: 1, size: 1 })).toBe(200);
  const stored = new StoredTape(() => product);
  for (const [at, { symbol }] of pushers.entries()) {
    const counted = async () => {
      const [row] = await stored.rows(
        "select count(*), count(distinct t.price), max(t.price) from trades_live t join symbols y on y.id = t.symbol_id where y.symbol = $1",
        [symbol],
      );
      return row?.map(Number);
    };
    const { bars } = (await read(`/api/history/${symbol}?interval=1h&from=now-1d`)).body;
    const count = (bars as { trades: number }[]).reduce((sum, each) => sum + each.trades, 0);
    expect(count).toBeGreaterThanOrEqual(spooled()[at] ?? 0);
    await until(`${symbol} to be in Postgres`, async () => (await counted())?.[0] === count);
    // Prices are counted up from 1: what lacks or came twice shows.
    expect(await counted()).toEqual([count, count, count]);
    const { trades = count, refused } = answers[at] ?? {};
    expect([trades, refused]).toEqual([count, 0]);
  }
});

it("I-10 INV-10 the file of the log has the lines of all processes, an id from request to statement, and no secret", async () => {
  const token = await product.token();
  const id = "one.id";
  const headers = { "x-correlation-id": id, "content-type": "application/json" };
  const body = JSON.stringify({ symbol: "LOGGED", price: 1, size: 1 });
  for (const authorization of [`Bearer ${token}`, "Bearer not-good"]) {
    const url = `${product.url}/api/trades?wait=stored&token=${token}`;
    const answer = await fetch(url, {
      method: "POST",
      headers: { ...headers, authorization },
      body,
    });
    await answer.text();
  }
  const text = () => readFileSync(LOG_FILE, "utf8");
  const lines = () =>
    text()
      .split("\n")
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  const isOurs = (line: Record<string, unknown>) =>
    line["correlation_id"] === id || String(line["correlation_ids"]).includes(id);
  const said = (isWanted = (_: Record<string, unknown>) => true) =>
    new Set(
      lines()
        .filter(isWanted)
        .map(({ service }) => service),
    );
  await until("the id to be in the lines of Worker, host and Writer", () =>
    ["worker", "host", "writer"].every((service) => said(isOurs).has(service)),
  );
  for (const service of ["supervisor", "database"]) expect(said()).toContain(service);
  for (const line of lines()) {
    expect(line).toEqual(
      expect.objectContaining({ timestamp: expect.any(String), event: expect.any(String) }),
    );
  }
  expect(text()).not.toContain(token);
  expect(text()).not.toMatch(/eyJ|postgres:\/\/[^/]*:(?!\[redacted\])[^/]*@/);
  // The banner alone goes to the terminal.
  expect(product.output).not.toContain('"event"');
});
