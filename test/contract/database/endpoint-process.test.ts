import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Database, openDatabase } from "../../../src/db/driver/database.ts";
import { failureOf } from "../../../src/db/driver/database-error.ts";
import { readFrames } from "../../../src/db/events/read-frames.ts";
import { SeriesIdCache } from "../../../src/db/store/series-ids.ts";
import { storeFrames } from "../../../src/db/store/store-frames.ts";
import { cursorAt, frame, freshSymbol, metric, NOON_US, room, trade } from "../events.ts";

const MAIN = fileURLToPath(new URL("../../../dev/database/main.ts", import.meta.url));
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
    const endpoint = `http://127.0.0.1:${port}/sql`;
    const db = openDatabase({ url, endpoint, use: "writer", timeoutMs: 20_000 });
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

  it("names the setting that is wrong: a secret that can be guessed is one, whatever the database is", async () => {
    for (const url of ["", "postgres://edgetape@127.0.0.1:1/edgetape"]) {
      const child = fork(MAIN, {
        env: {
          ...process.env,
          DATA_DIR: dataDir,
          DATABASE_URL: url,
          DATABASE_SECRET: "x".repeat(31),
        },
        stdio: ["ignore", "pipe", "inherit", "ipc"],
        execArgv: [],
      });
      children.push(child);
      const chunks: string[] = [];
      child.stdout?.on("data", (chunk: Buffer) => chunks.push(String(chunk)));
      expect((await once(child, "exit"))[0]).toBe(1);
      expect(JSON.parse(chunks.join(""))).toMatchObject({
        error: expect.stringMatching(/^DATABASE_SECRET must have at least 32 characters/),
      });
    }
  });

  const serverPid = () =>
    Number.parseInt(readFileSync(join(dataDir, "postgres/postmaster.pid"), "utf8"), 10);

  it("INV-1 a server that dies is away for a moment, said once, and has what was answered", async () => {
    const { child, db } = await startEndpoint();
    await db.query("create table survivor (i int)", []);
    await db.query("insert into survivor values (1)", []);
    process.kill(serverPid(), "SIGKILL");
    const tries: string[] = [];
    const eventsSaid = () =>
      linesOf.get(child)?.map((line) => JSON.parse(line).event as string) ?? [];
    // A connection may outlive the server's first process by a moment, and answer: the new server is meant.
    await expect
      .poll(
        async () => {
          const isBack = eventsSaid().includes("database_server_back");
          const rows = await db.query("select i from survivor", []).catch((error) => {
            tries.push(failureOf(error)?.kind ?? "none");
            return [];
          });
          return { isBack, rows };
        },
        { timeout: 60_000, interval: 20 },
      )
      .toEqual({ isBack: true, rows: [{ i: 1 }] });
    expect(new Set(tries)).toEqual(new Set(tries.length === 0 ? [] : ["unavailable"]));
    const events = eventsSaid();
    for (const event of ["database_server_died", "database_server_back"]) {
      expect(
        events.filter((each) => each === event),
        event,
      ).toHaveLength(1);
    }
    expect(events.filter((event) => event === "database_unreachable").length).toBeLessThan(2);
  });

  it("a server that a killed process left behind is ended, even one that does not listen any more", async () => {
    const { child, db } = await startEndpoint();
    await db.query("create table left_behind as select 1 as i", []);
    const orphan = serverPid();
    process.kill(orphan, "SIGSTOP");
    await end(child, "SIGKILL");
    const next = await startEndpoint();
    expect(serverPid()).not.toBe(orphan);
    expect(await next.db.query("select i from left_behind", [])).toEqual([{ i: 1 }]);
  });

  it("starts over the number of a dead server that another process has by now, or over none", async () => {
    const first = await startEndpoint();
    await first.db.query("create table numbered as select 1 as i", []);
    const path = join(dataDir, "postgres/postmaster.pid");
    for (const number of [String(process.pid), ""]) {
      const lines = readFileSync(path, "utf8").split("\n");
      for (const child of children) await end(child, "SIGTERM");
      writeFileSync(path, number === "" ? "" : [number, ...lines.slice(1)].join("\n"));
      const { db } = await startEndpoint();
      expect(await db.query("select i from numbered", [])).toEqual([{ i: 1 }]);
    }
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
