import { execFile } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { Ledger } from "./chaos/ledger.ts";
import { Load } from "./chaos/load.ts";
import { SYMBOLS } from "./chaos/market.ts";
import { numberOf, type WireEvent } from "./chaos/numbered-event.ts";
import { SeededRandom, seedOfRun } from "./chaos/seeded-random.ts";
import { StoredTape } from "./chaos/stored-tape.ts";
import { until } from "./chaos/until.ts";
import {
  PROJECT_DIR,
  type RunningProduct,
  startProduct,
  startRefused,
  temporaryDataDir,
} from "./product.ts";

/** However slow the machine is, one page of a room has all of it. */
const EVENTS_PER_SECOND = 200;
const ENVIRONMENT = { PUBLIC_READ: "true", LIMIT_CONNECTS_PER_MINUTE: "0" };

const folder = temporaryDataDir();
const place = mkdtempSync(join(tmpdir(), "edgetape-backup-"));
const saved = join(place, "saved");
const restored = join(place, "restored");
let product: RunningProduct;
const ledger = new Ledger();
const tape = new StoredTape(() => product);
let load: Load;
beforeAll(async () => {
  product = await startProduct({ dataDir: folder.dataDir, environment: ENVIRONMENT });
  const random = new SeededRandom(seedOfRun());
  load = new Load({
    ...{ url: product.url, token: await product.token(), symbols: SYMBOLS },
    ...{ eventsPerSecond: EVENTS_PER_SECOND, ledger, random },
  });
});
afterAll(async () => {
  load.pause();
  await product.killGroup();
  folder.remove();
  rmSync(place, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
});

/** A command of the project on a data folder; with what it said. */
async function run(command: string, dataDir: string, ...words: string[]) {
  return new Promise<{ code: unknown; said: string }>((resolve) => {
    const env = { PATH: process.env["PATH"], DATA_DIR: dataDir };
    const script = `dev/${command}.ts`;
    execFile(process.execPath, [script, ...words], { cwd: PROJECT_DIR, env }, (error, out, err) =>
      resolve({ code: error === null ? 0 : error.code, said: out + err }),
    );
  });
}

const acknowledged = () => new Map(SYMBOLS.map((symbol) => [symbol, ledger.acknowledged(symbol)]));

const roomOf = (symbol: string) => `/api/rooms/${encodeURIComponent(symbol)}/events?limit=10000`;

it("INV-1 INV-14 C-6 a backup that was taken under load has everything acknowledged before it, and goes on", async () => {
  load.start();
  await until("events", () => ledger.count("acknowledged") > 400);
  const before = acknowledged();
  const [symbol = ""] = SYMBOLS;
  const read = async (path: string) => (await fetch(`${product.url}${path}`)).json();
  const begun = (await read(`${roomOf(symbol)}&since=0`)) as { cursor: number; log: string };
  // Of one that was killed: no process has such a number.
  mkdirSync(join(place, ".saved.partial-999999999/data"), { recursive: true });
  const backup = await run("backup", folder.dataDir, saved);
  expect(backup).toMatchObject({
    code: 0,
    said: expect.stringContaining("everything that was acknowledged before it"),
  });
  expect(backup.said).toContain("was left by a backup that was ended: removed");
  await load.stop();
  await product.killGroup();
  expect(readdirSync(place)).toEqual(["saved"]);

  expect(await run("restore", restored, saved)).toMatchObject({
    code: 0,
    said: expect.stringContaining("is well."),
  });
  product = await startProduct({ dataDir: restored, environment: ENVIRONMENT });
  for (const [one, numbers] of before) {
    const log = (await read(`${roomOf(one)}&since=0`)) as { events: WireEvent[] };
    const inLog = log.events.map(numberOf).sort((a, b) => a - b);
    const stored = async () => {
      const events = await tape.events(one).catch(() => []);
      return events.map(({ number }) => number).sort((a, b) => a - b);
    };
    // Also what was stored between the moments at which database and hosts were copied.
    await until(`all of the log of ${one} to be in Postgres`, async () => {
      return (await stored()).length >= inLog.length;
    });
    expect(await stored()).toEqual(inLog);
    expect(inLog).toEqual(expect.arrayContaining(numbers));
  }
  const { warnings } = (await read("/readyz")) as { warnings: string[] };
  expect(warnings).not.toContain("database_replaced");

  // A cursor of before the backup is one of this log, and what comes now is behind it.
  const pushed = await fetch(`${product.url}/api/trades?wait=stored`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${await product.token()}`,
      "content-type": "application/json",
    },
    body: JSON.stringify({ symbol, price: 1, size: 1, id: "999999999" }),
  });
  expect(pushed.status).toBe(200);
  const page = (await read(`${roomOf(symbol)}&since=${begun.cursor}&log=${begun.log}`)) as {
    complete: boolean;
    events: { id?: string }[];
  };
  expect(page).toMatchObject({ complete: true });
  expect(page).not.toHaveProperty("reset", true);
  expect(page.events.at(-1)).toMatchObject({ id: "999999999" });
});

it("does not start on a folder that a restore was broken off on", async () => {
  const half = join(place, "half");
  mkdirSync(join(half, "restoring"), { recursive: true });
  writeFileSync(join(half, "jwt.secret"), "");
  const refusal = await startRefused({ dataDir: half });
  expect(refusal).toEqual({ code: 1, output: expect.stringContaining("npm run restore again") });
  expect(existsSync(join(half, "postgres"))).toBe(false);
});
