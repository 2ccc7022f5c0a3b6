import { expect, it } from "vitest";
import { AlertFollowing } from "../../../durable/host/alerts/alert-following.ts";
import { HostLog, type RoomId } from "../../../durable/host/log/host-log.ts";
import { Registry } from "../../../durable/host/registry.ts";
import { createAlertsTable, RoomAlerts } from "../../../durable/room/alerts/room-alerts.ts";
import { RoomLog } from "../../../durable/room/log/room-log.ts";
import { compileRule } from "../../../src/core/alerts/compiled-rule.ts";
import { decodeFrame, encodeFrames } from "../../../src/core/events/encode-events.ts";
import type { AlertRule } from "../../../src/protocol/alerts/rule.ts";
import type { SymbolName } from "../../../src/protocol/words/symbol.ts";
import type { Cursor, EpochUs } from "../../../src/protocol/words/time.ts";
import { memorySql } from "../room/sqlite-port.ts";

const NOW_US = 1_700_000_000_000_000;
const KEEPING = { events: 1e6, bytes: 1e9, recentBytes: 0 };
const HIGH: AlertRule = {
  ...{ name: "high", symbols: "*", on: { metric: "m" }, condition: { above: 10 } },
};
const RULES = [compileRule(HIGH)];

/** Rooms with a rule and a frame in each of so many commits, of which the last life wrote down the first alone. */
function awake(rooms: number, commits: number) {
  const sql = memorySql();
  createAlertsTable(sql);
  const log = new HostLog(sql, NOW_US as EpochUs, () => "log-1", KEEPING);
  const registry = new Registry(sql, () => true);
  const symbols = Array.from({ length: rooms }, (_, at) => `S${at}` as SymbolName);
  const held = { of: () => null, *framesAfter() {}, forget: () => undefined };
  const shared = { log, registry, held, former: { has: () => false } };
  const open = (symbol: SymbolName) => {
    const record = registry.find(symbol) ?? expect.fail("nobody pushed to it");
    const alerts = new RoomAlerts({
      ...{ symbol, sql, log: new RoomLog(shared, record), rules: () => RULES },
      ...{ areOthers: () => false, known: () => ({ events: [], book: null }) },
      ...{ changed: () => undefined, takenOver: () => undefined },
      ...{ evaluated: () => undefined, waits: () => undefined },
    });
    return { record, alerts };
  };
  const ids: RoomId[] = symbols.map((symbol) => registry.add(symbol, log.head, null).id);
  const commit = (at: number) => {
    const ts = (NOW_US + at) as EpochUs;
    const frames = encodeFrames([{ kind: "metric", metric: "m", ts, value: at }]);
    log.append(
      ids.map((room) => ({ room, frames })),
      [],
      ts,
    );
  };
  commit(0);
  for (const symbol of symbols) open(symbol).alerts.look(NOW_US as EpochUs);
  for (let at = 1; at < commits; at += 1) commit(at);
  const reads = { parts: 0 };
  const known = new Map(symbols.map((symbol) => [symbol, open(symbol)]));
  const of = (symbol: SymbolName) => known.get(symbol) ?? expect.fail("nobody pushed to it");
  const following = new AlertFollowing({
    log: {
      ...{ head: log.head, memoryFrom: log.memoryFrom },
      lastOf: (room) => log.lastOf(room),
      rowsAfter: (after) => log.rowsAfter(after),
      partAfter: (limit, after) => {
        reads.parts += 1;
        return log.partAfter(limit, after);
      },
    },
    pause: async () => undefined,
    find: (symbol) => registry.find(symbol) ?? null,
    roomOf: (symbol) => ({
      get followedThrough() {
        return of(symbol).alerts.followedThrough;
      },
      followIn: (frames) => of(symbol).alerts.followIn(frames),
      beforeUnload: () => of(symbol).alerts.keep(),
    }),
    hasRules: () => true,
  });
  const told = ({ alerts }: ReturnType<typeof open>) =>
    (alerts.look((NOW_US + commits) as EpochUs) ?? [])
      .flatMap(({ text }) => decodeFrame(text))
      .map((event) => (event.kind === "alert" ? [event.rule, event.state, event.ts] : []));
  return { symbols, log, following, reads, of, open, told };
}

it("AL-5 alerts of many rooms that begin again read the log once for all, and say what each would have said", async () => {
  const { symbols, log, following, reads, of, open, told } = awake(60, 50);
  const lacking = following.lacking(symbols);
  expect(lacking).toHaveLength(60);
  await following.read(lacking);
  // 3,000 events, 2,000 a turn.
  expect(reads.parts).toBe(2);
  for (const symbol of symbols) expect(of(symbol).alerts.followedThrough).toBe(lastOf(symbol));
  const alone = told(open("S7" as SymbolName));
  expect(alone).toEqual([["high", "firing", expect.any(Number)]]);
  expect(told(of("S7" as SymbolName))).toEqual(alone);
  expect(of("S7" as SymbolName).alerts.followedThrough).toBeNull();
  expect(following.lacking(symbols)).toHaveLength(59);

  function lastOf(symbol: SymbolName): Cursor | null {
    return log.lastOf(of(symbol).record.id);
  }
});

it("few that have little to read do it for themselves", async () => {
  const { symbols, following, reads } = awake(5, 50);
  await following.read(following.lacking(symbols));
  expect(reads.parts).toBe(0);
});
