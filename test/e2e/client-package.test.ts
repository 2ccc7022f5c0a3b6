import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { WebSocketServer } from "ws";

/** `@edgetape/client` as somebody meets it who has nothing of this repository but the packed file. */

const PROJECT_DIR = new URL("../..", import.meta.url).pathname;
const run = promisify(execFile);
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "edgetape-client-"));
  const { stdout } = await run(
    "npm",
    ["pack", "./client", "--pack-destination", folder, "--json"],
    {
      cwd: PROJECT_DIR,
    },
  );
  const packed = JSON.parse(stdout.slice(stdout.indexOf("["))) as { filename: string }[];
  writeFileSync(join(folder, "package.json"), '{"type":"module","private":true}');
  await run("npm", ["install", "--offline", `./${packed[0]?.filename}`], { cwd: folder });
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("it brings nothing else along, and says which Node it takes", async () => {
  const { stdout } = await run("npm", ["ls", "--all", "--parseable"], { cwd: folder });
  expect(stdout.trim().split("\n").slice(1)).toEqual([
    join(folder, "node_modules/@edgetape/client"),
  ]);
  const { engines } = JSON.parse(
    readFileSync(join(folder, "node_modules/@edgetape/client/package.json"), "utf8"),
  );
  expect(engines).toEqual({ node: ">=22" });
});

test("a program in TypeScript compiles against it, declarations checked too", async () => {
  writeFileSync(join(folder, "program.ts"), PROGRAM);
  const strict = [
    "--noEmit",
    "--strict",
    "--exactOptionalPropertyTypes",
    "--noUncheckedIndexedAccess",
  ];
  const options = [...strict, "--module", "nodenext", "--lib", "es2022,dom", "--types", ""];
  await run(join(PROJECT_DIR, "node_modules/.bin/tsc"), [...options, "program.ts"], {
    cwd: folder,
  });
  writeFileSync(join(folder, "wrong.ts"), `${PROGRAM}\nconst wrong: "no such reason" = reason;`);
  const refused = await run(join(PROJECT_DIR, "node_modules/.bin/tsc"), [...options, "wrong.ts"], {
    cwd: folder,
  }).catch((error: { stdout: string }) => error);
  expect(refused.stdout).toContain("no such reason");
}, 30_000);

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

const PROGRAM = `
import { openTape, type Delivery, type Gap, type Place, type Tape } from "@edgetape/client";
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
`;
