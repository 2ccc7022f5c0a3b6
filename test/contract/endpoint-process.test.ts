import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Database, openDatabase } from "../../src/db/database.ts";
import { readFrames } from "../../src/db/read-frames.ts";
import { SeriesIdCache } from "../../src/db/series-ids.ts";
import { storeFrames } from "../../src/db/store-frames.ts";
import { cursorAt, frame, freshSymbol, metric, NOON_US, room, trade } from "./events.ts";

const MAIN = fileURLToPath(new URL("../../dev/database/main.ts", import.meta.url));
const SECRET = "a secret of thirty-two characters or more";

describe("the process of the endpoint", () => {
  // One for all, for making a database takes most of the time.
  let dataDir: string;
  let children: ChildProcess[];

  beforeAll(() => {
    dataDir = mkdtempSync(join(tmpdir(), "edgetape-endpoint-"));
  });
  beforeEach(() => {
    children = [];
  });
  afterEach(async () => {
    for (const child of children) await end(child, "SIGKILL");
  });
  afterAll(() => {
    rmSync(dataDir, { recursive: true, maxRetries: 20, retryDelay: 50 });
  });

  /** Logs of the child, line by line, as it printed them. */
  const linesOf = new WeakMap<ChildProcess, string[]>();

  function spawnEndpoint(): ChildProcess {
    const child = fork(MAIN, {
      env: { ...process.env, DATA_DIR: dataDir, DATABASE_URL: "", DATABASE_SECRET: SECRET },
      stdio: ["ignore", "pipe", "inherit", "ipc"],
      execArgv: [],
    });
    children.push(child);
    const lines: string[] = [];
    linesOf.set(child, lines);
    child.stdout?.on("data", (chunk: Buffer) => lines.push(...String(chunk).trim().split("\n")));
    return child;
  }

  async function startEndpoint(): Promise<{ child: ChildProcess; db: Database }> {
    const child = spawnEndpoint();
    const [message] = (await once(child, "message")) as [{ type: string; port: number }];
    expect(message.type).toBe("ready");
    const { port } = message;
    const url = `postgres://edgetape:${encodeURIComponent(SECRET)}@127.0.0.1:${port}/edgetape`;
    const db = openDatabase({ url, endpoint: `http://127.0.0.1:${port}/sql`, timeoutMs: 20_000 });
    return { child, db };
  }

  it("INV-1 what was answered is there after kill -9, and nothing twice", async () => {
    const symbol = freshSymbol();
    const acknowledged: number[] = [];
    let cursor = 0;
    for (let cycle = 0; cycle < 4; cycle += 1) {
      const { child, db } = await startEndpoint();
      const ids = new SeriesIdCache();
      const writers = [1, 2, 3].map(async () => {
        for (;;) {
          cursor += 1;
          const mine = cursor;
          const events = Array.from({ length: 40 }, (_, i) =>
            i % 2 === 0 ? metric(`m${i}`, NOON_US + mine, mine) : trade(NOON_US + mine, i, mine),
          );
          try {
            await storeFrames(db, [room(symbol, frame(mine, ...events))], ids);
          } catch {
            return;
          }
          acknowledged.push(mine);
        }
      });
      // A different moment of the work each time.
      const enough = acknowledged.length + 8;
      while (acknowledged.length < enough) await sleep(5);
      await sleep(cycle * 7);
      child.kill("SIGKILL");
      await Promise.all(writers);
    }
    const { db } = await startEndpoint();
    const query = { symbol, after: cursorAt(0), upTo: cursorAt(cursor), maxEvents: 1_000_000 };
    const { frames } = await readFrames(db, query);
    const found = new Map(frames.map((one) => [one.cursor as number, one.events.length]));
    for (const mine of acknowledged) expect(found.get(mine), `frame ${mine}`).toBe(40);
    expect([...found.values()].every((count) => count === 40)).toBe(true);
  });

  it("a second process on the same folder is refused and told who has it; after a kill the folder is free", async () => {
    const { child } = await startEndpoint();
    const second = spawnEndpoint();
    expect((await once(second, "exit"))[0]).toBe(1);
    expect(linesOf.get(second)?.join()).toContain(`in use by process ${child.pid}`);
    await end(child, "SIGKILL");
    const { db } = await startEndpoint();
    expect(await db.query("select 1 as one", [])).toEqual([{ one: 1 }]);
  });

  it("ends by SIGTERM with what it was asked answered, and leaves nothing to recover", async () => {
    const { child, db } = await startEndpoint();
    await db.query("create table t (i int)", []);
    const asked = Promise.allSettled(
      [1, 2, 3, 4, 5].map((i) => db.query("insert into t select $1::int from pg_sleep(0.1)", [i])),
    );
    await sleep(200);
    child.kill("SIGTERM");
    expect((await once(child, "exit"))[0]).toBe(0);
    // A request that the process had not read yet is refused, and so not among the answered.
    const answered = (await asked).filter(({ status }) => status === "fulfilled");
    expect(answered.length).toBeGreaterThan(1);
    const next = await startEndpoint();
    const [row] = await next.db.query("select count(*)::int as n from t", []);
    expect(row?.["n"]).toBe(answered.length);
  });

  it("ends when its parent goes", async () => {
    const { child } = await startEndpoint();
    child.disconnect();
    expect((await once(child, "exit"))[0]).toBe(0);
  });

  it("names the setting that is wrong", async () => {
    const child = fork(MAIN, {
      env: { ...process.env, DATA_DIR: dataDir, DATABASE_SECRET: "" },
      stdio: ["ignore", "pipe", "inherit", "ipc"],
      execArgv: [],
    });
    children.push(child);
    const chunks: string[] = [];
    child.stdout?.on("data", (chunk: Buffer) => chunks.push(String(chunk)));
    expect((await once(child, "exit"))[0]).toBe(1);
    expect(JSON.parse(chunks.join(""))).toMatchObject({
      error: expect.stringContaining("DATABASE_SECRET"),
    });
  });

  it("keeps the number of its process beside the folder, not in it", async () => {
    const { child } = await startEndpoint();
    expect(readFileSync(join(dataDir, "postgres.pid"), "utf8")).toBe(`${child.pid}\n`);
  });
});

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.kill(signal);
  await exited;
}
