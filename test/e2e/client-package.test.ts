import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { WebSocketServer } from "ws";
import { FakeServer } from "../unit/push/fake-server.ts";

/** `@edgetape/client` and `@edgetape/push` as somebody meets them who has nothing of this repository but the packed files. */

const PROJECT_DIR = new URL("../..", import.meta.url).pathname;
const run = promisify(execFile);
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "edgetape-client-"));
  const packages = ["./client", "./push/node"];
  const { stdout } = await run(
    "npm",
    ["pack", ...packages, "--pack-destination", folder, "--json"],
    { cwd: PROJECT_DIR },
  );
  const packed = JSON.parse(stdout.slice(stdout.indexOf("["))) as { filename: string }[];
  const files = packed.map(({ filename }) => `./${filename}`);
  writeFileSync(join(folder, "package.json"), '{"type":"module","private":true}');
  await run("npm", ["install", "--offline", ...files], { cwd: folder });
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("they bring nothing else along, and say which Node they take", async () => {
  const { stdout } = await run("npm", ["ls", "--all", "--parseable"], { cwd: folder });
  const names = ["client", "push"].map((name) => join(folder, "node_modules/@edgetape", name));
  expect(stdout.trim().split("\n").slice(1)).toEqual(names);
  const taken = names.map((name) => JSON.parse(readFileSync(join(name, "package.json"), "utf8")));
  expect(taken.map(({ engines }) => engines.node)).toEqual([">=20", ">=20"]);
});

test("programs in TypeScript compile against them, declarations checked too", async () => {
  writeFileSync(join(folder, "program.ts"), PROGRAM);
  const strict = [
    "--noEmit",
    "--strict",
    "--exactOptionalPropertyTypes",
    "--noUncheckedIndexedAccess",
  ];
  const options = [...strict, "--module", "nodenext", "--lib", "es2022,dom", "--types", ""];
  writeFileSync(join(folder, "push.ts"), PUSH_PROGRAM);
  await run(join(PROJECT_DIR, "node_modules/.bin/tsc"), [...options, "program.ts", "push.ts"], {
    cwd: folder,
  });
  writeFileSync(join(folder, "wrong.ts"), `${PROGRAM}\nconst wrong: "no such reason" = reason;`);
  const refused = await run(join(PROJECT_DIR, "node_modules/.bin/tsc"), [...options, "wrong.ts"], {
    cwd: folder,
  }).catch((error: { stdout: string }) => error);
  expect(refused.stdout).toContain("no such reason");
});

test("a program watches a room with it", async () => {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  await once(server, "listening");
  const paths: (string | undefined)[] = [];
  server.on("connection", (socket, request) => {
    paths.push(request.url);
    const say = (message: object) => socket.send(JSON.stringify(message));
    say({ type: "hello", room: "A", cursor: 7, oldest: 0, heartbeat_ms: 5_000, window: 1_000 });
    say({
      type: "events",
      cursor: 7,
      events: [{ kind: "metric", ts: 7, metric: "m", value: 1.5 }],
    });
  });
  const { port } = server.address() as AddressInfo;
  writeFileSync(
    join(folder, "watch.js"),
    `import { openTape } from "@edgetape/client";
     const tape = openTape({ baseUrl: "http://127.0.0.1:${port}/", symbol: "BTC/USD", since: 3, onDelivery(delivery) {
       console.log(JSON.stringify(delivery));
       tape.close();
     } });`,
  );
  const { stdout } = await run(process.execPath, ["watch.js"], { cwd: folder });
  server.close();
  expect(JSON.parse(stdout)).toMatchObject({ type: "events", cursor: 7 });
  expect(paths).toEqual(["/ws/BTC%2FUSD?since=3"]);
});

test("without a WebSocket, as Node before 22, a program takes server-sent events, or is told why not", async () => {
  const paths: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    paths.push(request.url);
    response.setHeader("content-type", "text/event-stream");
    for (const message of [
      { type: "hello", room: "A", cursor: 7, oldest: 0, heartbeat_ms: 5_000, window: 1_000 },
      {
        ...{ type: "events", cursor: 7 },
        events: [{ kind: "metric", ts: 7, metric: "m", value: 1.5 }],
      },
    ]) {
      response.write(`data: ${JSON.stringify(message)}\n\n`);
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  writeFileSync(
    join(folder, "old.js"),
    `delete globalThis.WebSocket;
     const { openLatest, openTape } = await import("@edgetape/client");
     const baseUrl = "http://127.0.0.1:${port}/";
     const told = [];
     try { openLatest({ baseUrl, symbols: ["BTC-*"], onLatest() {} }); }
     catch (error) { told.push(error.name, error.message); }
     const tape = openTape({ baseUrl, symbol: "ACME", since: 3, onDelivery(delivery) {
       console.log(JSON.stringify([...told, delivery]));
       tape.close();
     } });`,
  );
  const { stdout } = await run(process.execPath, ["old.js"], { cwd: folder });
  server.closeAllConnections();
  server.close();
  expect(JSON.parse(stdout)).toMatchObject([
    ...["NoWebSocketError", expect.stringContaining("Node 22")],
    { type: "events", cursor: 7 },
  ]);
  expect(paths).toEqual(["/api/rooms/ACME/stream?since=3"]);
});

test("the example of the guide pushes what it says, and the end of its process flushes", async () => {
  const guide = readFileSync(join(PROJECT_DIR, "docs/guides/push.md"), "utf8");
  const example = /\n## Node\n[\s\S]*?```js\n([\s\S]*?)```/.exec(guide)?.[1] ?? "";
  const server = new FakeServer();
  await server.listen();
  writeFileSync(join(folder, "push.js"), example.replace("http://127.0.0.1:8787", server.url));
  const env = { ...process.env, TOKEN: "t", XDG_STATE_HOME: folder };
  await run(process.execPath, ["push.js"], { cwd: folder, env });
  await server.close();
  const pushed = (route: string) => server.of(route).map(({ ts: _, ...event }) => event);
  expect(pushed("metrics")).toEqual([
    { metric: "order_latency_ms", symbol: "ACME", labels: { venue: "xnas" }, value: 1.7 },
    { metric: "rebalance_ms", symbol: "ACME", value: expect.any(Number) },
  ]);
  expect(server.of("trades")).toEqual([
    {
      ...{ symbol: "ACME", price: 101.25, size: 20, side: "buy", id: "f-81", venue: "xnas" },
      ts: 1_795_422_741_819_000,
    },
  ]);
  expect(pushed("books")).toEqual([
    { symbol: "ACME", type: "snapshot", bids: [[101.24, 150]], asks: [[101.26, 80]] },
  ]);
  expect(pushed("orders")).toEqual([
    {
      ...{ symbol: "ACME", id: "o-7", status: "sent", side: "buy", quantity: 20, price: 101.25 },
      account: "desk",
    },
  ]);
  expect(pushed("positions")).toEqual([
    { symbol: "ACME", quantity: 20, avg_price: 101.25, account: "desk" },
  ]);
});

const PUSH_PROGRAM = `
import { Edgetape, type Refused, type Stats, type Trade } from "@edgetape/push";
const refused: Refused[] = [];
const tape = new Edgetape("https://tape.example", {
  token: () => "t",
  spool: false,
  onRefused: (events) => void refused.push(...events),
});
const trade: Trade = { price: 1, size: 2, side: "buy", ts: new Date() };
tape.trade("ACME", trade);
tape.book("ACME", { bids: [[1, 2]], asks: [], seq: 5n });
export const seven: number = tape.metric("a_ms").time(() => 7);
export const later: Promise<string> = tape.metric("a_ms").time(async () => "x");
export const took: number = tape.metric("a_ms").time().stop();
export const stats: Stats = tape.stats();
export const isSent: Promise<boolean> = tape.flush(1_000);
`;

const PROGRAM = `
import { openLatest, openTape, type Delivery, type Gap, type LatestOptions, type Place, type Tape } from "@edgetape/client";
const kept: Place = JSON.parse('{"cursor":7,"log":"a-log"}') as { cursor: number; log: string };
const tape: Tape = openTape({
  baseUrl: "https://tape.example",
  symbol: "BTC-USD",
  since: kept.cursor,
  log: kept.log,
  onDelivery(delivery: Delivery, place: Place) {
    console.log(place.cursor?.toFixed(0), place.log?.length);
    if (delivery.type !== "events") return;
    for (const event of delivery.events) {
      if (event.kind === "metric") console.log(event.metric, event.value.toFixed(2), event.labels?.["venue"]);
      if (event.kind === "book") console.log(event.bids[0]?.[0]);
    }
  },
  onStatus: ({ words }) => console.log(words),
});
export const reason: Gap["reason"] = "slow";
export const cursor: number | null = tape.cursor();
export const log: string | null = tape.log();
const watched: LatestOptions = {
  baseUrl: "https://tape.example",
  symbols: ["ACME", "BTC-*"],
  hz: 4,
  onLatest({ rooms }) {
    for (const { symbol, events } of rooms) console.log(symbol, events[0]?.ts.toFixed(0));
  },
  onRefused: ({ symbol, code }) => console.log(symbol, code),
  onStatus: (status) => console.log(status.kind === "by-events", status.kind === "closed" && status.code),
};
openLatest(watched).close();
`;
