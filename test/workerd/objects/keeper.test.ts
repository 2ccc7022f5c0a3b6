import { abortAllDurableObjects, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Env } from "../../../src/bindings/env.ts";
import { KEEPER_NAME } from "../../../src/bindings/keeper.ts";
import { soon } from "../../soon.ts";
import { closeSockets, newSymbol, push } from "../edgetape.ts";
import { FakeNeon } from "../fake-neon.ts";

/** A database of which the Keeper's statements want nothing; they are counted, and it can be away for them alone. */
const quiet = { turns: 0, upkeeps: 0, isAway: false, hasNoRange: false };

beforeEach(() => {
  const neon = new FakeNeon();
  Object.assign(quiet, { turns: 0, upkeeps: 0, isAway: false, hasNoRange: false });
  vi.spyOn(globalThis, "fetch").mockImplementation((async (input, init) => {
    const text = String(init?.body);
    if (!KEEPERS.test(text)) return quiet.hasNoRange ? NO_RANGE() : neon.fetch(input, init);
    if (quiet.isAway) return new Response("away", { status: 503 });
    if (text.includes("update tape_state set watermark")) quiet.turns += 1;
    if (text.includes("add_ranges")) quiet.upkeeps += 1;
    if (NONE.test(text)) return Response.json({ ...ROW, rows: [] });
    const body = JSON.parse(text) as { queries?: unknown[] };
    return Response.json(body.queries ? { results: body.queries.map(() => ROW) } : ROW);
  }) as typeof fetch);
});
afterEach(() => {
  vi.restoreAllMocks();
  closeSockets();
});

const KEEPERS =
  /tape_state set|from tape_state"|stale_(points|trades|posted) s|is_timescale|_before|add_ranges|delete from books|schema_migrations|packed_(rows|points)|points_late where|delete from id_marks|log_days|log_lines_other|delete from order_|delete from alert_/;
/** Nothing is old enough to be dropped. */
const NONE = /range_end_before|from log_days/;
const FIELDS = [
  "watermark_us",
  "rolled_through_us",
  "raw_from_us",
  "minutes_from_us",
  "taken",
  "bytes",
  "packed",
];
/** No mode but `plain`, watermark and rollups at one moment, and nothing taken. */
const ROW = {
  ...{ command: "SELECT", rowCount: 1 },
  fields: FIELDS.map((name) => ({ name, dataTypeID: 23 })),
  rows: [["5", "5", "0", "0", "0", "1", "0"]],
};

/** As Postgres has it where a table is partitioned and no partition is for the row. */
const NO_RANGE = () =>
  Response.json(
    { code: "23514", message: "no partition of relation found for row" },
    { status: 400 },
  );

function keeperStub(): DurableObjectStub {
  const keepers = (env as unknown as Env).KEEPER;
  return keepers.get(keepers.idFromName(KEEPER_NAME)) as unknown as DurableObjectStub;
}

const alarmMs = () => runInDurableObject(keeperStub(), (_, ctx) => ctx.storage.getAlarm());

const pushAt = (agoMs: number) =>
  push("metrics", { metric: "m", value: 1, symbol: newSymbol(), ts: (Date.now() - agoMs) * 1_000 });

async function untilAlarm(): Promise<number> {
  return soon(async () => {
    const ms = await alarmMs();
    if (ms === null) throw new Error("no alarm yet");
    return ms;
  });
}

/** Its alarm, unless that has come by itself meanwhile; it has then taken so many turns. */
async function keeps(turns: number): Promise<void> {
  if (quiet.turns < turns) await runDurableObjectAlarm(keeperStub());
  await soon(() => expect(quiet.turns).toBe(turns));
}

describe("the Keeper", () => {
  it("INV-7 is woken soon after late data, works once, and sleeps again for a day", async () => {
    await pushAt(3_600_000);
    expect((await untilAlarm()) - Date.now()).toBeLessThanOrEqual(1_000);
    await keeps(1);
    expect(((await alarmMs()) ?? 0) - Date.now()).toBeGreaterThan(86_000_000);
  });

  it("is woken at the next full minute after data that came in time", async () => {
    const minute = Math.floor(Date.now() / 60_000) + 1;
    // The Writer tells at most once a second, and more than that has passed for the one of the test before.
    await soon(async () => {
      await pushAt(0);
      expect(((await alarmMs()) ?? Number.NaN) - Date.now()).toBeLessThan(70_000);
    });
    const ms = await untilAlarm();
    expect([minute, minute + 1].map((each) => each * 60_000 + 1_000)).toContain(ms);
    await runDurableObjectAlarm(keeperStub());
  });

  it("comes again while the database is away, also after it was aborted", async () => {
    quiet.isAway = true;
    await pushAt(3_600_000);
    await untilAlarm();
    for (let tries = 1; tries <= 3; tries += 1) {
      await runDurableObjectAlarm(keeperStub());
      await untilAlarm();
      await abortAllDurableObjects();
    }
    quiet.isAway = false;
    await keeps(1);
    expect(((await alarmMs()) ?? 0) - Date.now()).toBeGreaterThan(86_000_000);
  });

  it("looks after retention and size every ten minutes, however often it is made anew", async () => {
    const turn = async () => {
      await runInDurableObject(keeperStub(), (_, ctx) => ctx.storage.setAlarm(Date.now()));
      await runDurableObjectAlarm(keeperStub());
      await abortAllDurableObjects();
    };
    await runInDurableObject(keeperStub(), (_, ctx) => ctx.storage.delete("upkeep_at_ms"));
    await abortAllDurableObjects();
    for (let times = 0; times < 3; times += 1) await turn();
    expect([quiet.turns, quiet.upkeeps]).toEqual([3, 1]);
    await runInDurableObject(keeperStub(), (_, ctx) =>
      ctx.storage.put("upkeep_at_ms", Date.now() - 600_000),
    );
    await abortAllDurableObjects();
    await turn();
    expect(quiet.upkeeps).toBe(2);
  });

  it("INV-1 is woken where nothing could be stored: it may be a range of time that nobody has made", async () => {
    quiet.hasNoRange = true;
    await soon(async () => {
      await pushAt(0);
      expect(((await alarmMs()) ?? Number.NaN) - Date.now()).toBeLessThanOrEqual(1_000);
    });
    await runDurableObjectAlarm(keeperStub());
    await soon(() => expect(quiet.turns).toBeGreaterThan(0));
  });
});
