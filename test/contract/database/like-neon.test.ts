import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type Database, openDatabase } from "../../../src/db/driver/database.ts";
import { failureOf } from "../../../src/db/driver/database-error.ts";
import { readFrames } from "../../../src/db/events/read-frames.ts";
import { SeriesIdCache } from "../../../src/db/store/series-ids.ts";
import { storeFrames } from "../../../src/db/store/store-frames.ts";
import { testDatabaseKinds } from "../databases.ts";
import {
  at,
  cursorAt,
  frame,
  freshSymbol,
  metric,
  order,
  position,
  room,
  trade,
} from "../events.ts";
import { type KeptDatabase, keepDatabase } from "../kept-database.ts";
import { NeonProxy, restorePoint, restoreTo, SELF_HOSTED_BYTES } from "../neon-proxy.ts";
import { WorkerOnDatabase } from "../worker-on-database.ts";

const MINUTE = 60_000_000;

/** All that the product does with its database, where that is as far away and as strict as Neon is. */
describe.each(testDatabaseKinds())("like Neon on $name", ({ openMigrated }) => {
  let near: KeptDatabase;
  let proxy: NeonProxy;
  let db: Database;
  let kept: KeptDatabase;
  const ids = new SeriesIdCache();

  const open = (settings: { timeoutMs?: number } = {}) =>
    openDatabase({
      url: `postgres://edgetape:${near.secret}@${new URL(proxy.sqlUrl).host}/edgetape`,
      ...{ endpoint: proxy.sqlUrl, use: "writer", timeoutMs: settings.timeoutMs ?? 20_000 },
    });
  const failureTo = (call: Promise<unknown>) =>
    call.then(
      () => null,
      (error) => failureOf(error),
    );

  beforeAll(async () => {
    near = await keepDatabase(await openMigrated());
    proxy = await NeonProxy.open(near.sqlUrl);
    db = open();
    kept = await keepDatabase({ ...near, db });
  });
  afterEach(() => {
    Object.assign(proxy.limits, { delayMs: 0, cutMs: 15_000 });
    Object.assign(proxy.limits, {
      requestBytes: SELF_HOSTED_BYTES,
      responseBytes: SELF_HOSTED_BYTES,
    });
    Object.assign(proxy.limits, { suspendAfterMs: Number.POSITIVE_INFINITY });
  });
  afterAll(async () => {
    proxy.close();
    await near.close();
  });

  it.each([5, 40, 150])("stores, reads, keeps and replays %i ms away", async (delayMs) => {
    Object.assign(proxy.limits, { delayMs });
    const symbol = freshSymbol();
    const baseUs = await kept.begin();
    const events = [1, 2, 3].flatMap((n) => [
      metric("m", baseUs - 3 * MINUTE + n, n),
      trade(baseUs + n, n, 1),
      position(baseUs + n, n),
    ]);
    const worker = new WorkerOnDatabase({ ...near, db, sqlUrl: proxy.sqlUrl });
    // The last three are in the room alone.
    await worker.tape(symbol, events, 3);
    while ((await kept.keep()) === "behind");
    const replay = { symbol, after: cursorAt(0), upTo: cursorAt(9), maxEvents: 100 };
    const frames = events.slice(0, 6).map((event, n) => frame(n + 1, event));
    expect((await readFrames(db, replay)).frames).toEqual(frames);
    const times = `from=${baseUs - 10 * MINUTE}&to=${baseUs + 10 * MINUTE}`;
    const { answer } = await worker.get(`/api/history/${symbol}?interval=1m&${times}`);
    expect(answer).toMatchObject({ bars: [{ open: 1, close: 3, volume: 3 }] });
  });

  it("sends no request that a proxy of ten MiB does not take, whatever the outbox holds", async () => {
    const symbol = freshSymbol();
    const nowUs = Math.floor(Date.now() / 1_000) * 1_000_000;
    const venue = "x".repeat(300);
    const events = Array.from({ length: 40_000 }, (_, n) => trade(nowUs + n, n, 1, { venue }));
    const before = proxy.bytes;
    const frames = [frame(1, ...events.slice(0, 20_000)), frame(2, ...events.slice(20_000))];
    const { trades } = await storeFrames(db, [room(symbol, ...frames)], ids);
    expect(trades).toBe(40_000);
    expect(proxy.bytes - before).toBeGreaterThan(SELF_HOSTED_BYTES);
    expect(proxy.cut).toBe(0);
  });

  it("L-9 what is too large either way is refused and not tried for ever", async () => {
    Object.assign(proxy.limits, { requestBytes: 1_000, responseBytes: 1_000 });
    const long = db.query("select $1::text", ["x".repeat(2_000)]);
    expect(await failureTo(long)).toMatchObject({ kind: "refused", sqlstate: "54000" });
    const wide = db.query("select repeat('x', 2000)", []);
    expect(await failureTo(wide)).toMatchObject({ kind: "refused", sqlstate: "54000" });
    expect(await db.query("select 1 as one", [])).toEqual([{ one: 1 }]);
  });

  const running = async (mark: string) => {
    const [row] = await near.db.query(
      `select count(*)::int as n from pg_stat_activity
       where state = 'active' and query like $1 and pid <> pg_backend_pid() and datname = current_database()`,
      [`%${mark}%`],
    );
    return row?.["n"];
  };

  it("a statement that takes too long is cut, ends in Postgres, and counts as one that took too long", async () => {
    proxy.limits.cutMs = 1_500;
    const slow = db.query("select pg_sleep(60) /* cut */", []);
    await expect.poll(() => running("/* cut */"), { timeout: 1_400, interval: 10 }).toBe(1);
    expect(await failureTo(slow)).toMatchObject({ kind: "unavailable", why: "timeout" });
    expect(proxy.cut).toBe(1);
    await expect.poll(() => running("/* cut */")).toBe(0);
  });

  it("a request that is dropped takes its statement with it, and all of its transaction", async () => {
    await near.db.query("create table dropped (i int)", []);
    const hurried = open({ timeoutMs: 1_500 });
    const dropped = hurried.transaction([
      { text: "insert into dropped values (1)", params: [] },
      { text: "select pg_sleep(60) /* dropped */", params: [] },
    ]);
    const failure = failureTo(dropped);
    await expect.poll(() => running("/* dropped */"), { timeout: 1_400, interval: 10 }).toBe(1);
    expect(await failure).toMatchObject({ kind: "unavailable", why: "timeout" });
    await expect.poll(() => running("/* dropped */")).toBe(0);
    expect(await near.db.query("select * from dropped", [])).toEqual([]);
  });

  it("who comes first to a database that was suspended waits, and nothing fails", async () => {
    Object.assign(proxy.limits, { suspendAfterMs: 300_000, coldMs: 500 });
    proxy.suspend();
    const symbol = freshSymbol();
    const began = performance.now();
    const nowUs = Math.floor(Date.now() / 1_000) * 1_000_000;
    const stored = [1, 2, 3].map((n) =>
      storeFrames(db, [room(symbol, frame(n, metric("m", nowUs + n, n)))], ids),
    );
    expect((await Promise.all(stored)).map(({ points }) => points)).toEqual([1, 1, 1]);
    expect(performance.now() - began).toBeGreaterThan(450);
    expect(proxy.woken).toBe(1);
  });

  it("S-8 after an instant restore nothing is stored under the ids of what it took back", async () => {
    const point = await restorePoint(near.backend);
    const [gone, later] = [freshSymbol(), freshSymbol()];
    const nowUs = at(Math.floor(Date.now() / 1_000) * 1_000_000);
    const of = (n: number) =>
      frame(
        n,
        metric("m", nowUs + n, n),
        trade(nowUs + n, n, 1),
        position(nowUs + n, n),
        order(nowUs + n, `${n}`, "sent"),
      );
    await storeFrames(db, [room(gone, of(1))], ids);
    await restoreTo(near.backend, point);
    // Another Writer gives the same ids to another symbol, and this one goes on with what it knew.
    await storeFrames(db, [room(later, of(11))], new SeriesIdCache());
    await storeFrames(db, [room(gone, of(21))], ids);
    for (const [table, value] of [
      ["points", "t.value"],
      ["trades_live", "t.price"],
      ["position_states", "t.quantity"],
      ["order_states", "t.order_id::int4"],
      ["order_lives", "t.order_id::int4"],
    ] as const) {
      const of = table === "points" ? "join series s on s.id = t.series_id" : "";
      const rows = await near.db.query(
        `select y.symbol, ${value} as value from ${table} t ${of}
         join symbols y on y.id = ${of === "" ? "t" : "s"}.symbol_id where y.id > $1 order by 2`,
        [point.symbols],
      );
      expect([table, rows.map((row) => [row["symbol"], row["value"]])]).toEqual([
        table,
        [
          [later, 11],
          [gone, 21],
        ],
      ]);
    }
  });
});
