import { describe, expect, it } from "vitest";
import { TradeWindows } from "../../../durable/host/append/trade-windows.ts";
import { HostLog, type RoomId } from "../../../durable/host/log/host-log.ts";
import { Registry } from "../../../durable/host/registry.ts";
import type { TradeWindow } from "../../../durable/room/append/trade-window.ts";
import { RoomLog } from "../../../durable/room/log/room-log.ts";
import { createStateTables, RoomState } from "../../../durable/room/state/room-state.ts";
import {
  decodeFrame,
  encodeFrames,
  type SymbolBatch,
  tradeKey,
} from "../../../src/core/events/encode-events.ts";
import type { TapeEvent } from "../../../src/protocol/events/event.ts";
import type { SymbolName } from "../../../src/protocol/words/symbol.ts";
import { CURSOR_ORIGIN, type Cursor, type EpochUs } from "../../../src/protocol/words/time.ts";
import { memorySql } from "../room/sqlite-port.ts";

const NOW_US = 1_700_000_000_000_000 as EpochUs;
const KEEPING = { events: 4_000, bytes: 10_000_000, recentBytes: 20_000 };

const symbolAt = (at: number) => `S${at}` as SymbolName;
const trade = (id: string): TapeEvent =>
  ({ kind: "trade", ts: NOW_US, price: 1, size: 1, id }) satisfies TapeEvent;

/** A log of rooms, each with a trade in every commit, as it is found after a wake. */
function awake(rooms: number, commits: number) {
  const sql = memorySql();
  createStateTables(sql);
  const before = new HostLog(sql, NOW_US, () => "log-1", KEEPING);
  const registry = new Registry(sql, () => true);
  const ids = Array.from(
    { length: rooms },
    (_, at) => registry.add(symbolAt(at), before.head, null).id,
  );
  const commit = (log: HostLog, name: string, only: readonly RoomId[] = ids) =>
    log.append(
      only.map((room) => ({ room, frames: encodeFrames([trade(`${name}-${room}`)]) })),
      [],
      NOW_US,
    );
  for (let at = 0; at < commits; at += 1) commit(before, `${at}`);
  const log = new HostLog(sql, NOW_US, () => "log-1", KEEPING);
  const held = { of: () => null, *framesAfter() {}, forget: () => undefined };
  const shared = { log, registry, held, former: { has: () => false } };
  const roomOf = (symbol: SymbolName) => {
    const record = registry.find(symbol);
    if (record === undefined) return null;
    const roomLog = new RoomLog(shared, record);
    const state = new RoomState(sql, roomLog);
    return {
      ...{ log: roomLog, state },
      get lacksTradeWindow() {
        return state.rememberedTrades === null;
      },
      makeTradeWindow: state.makeTradeWindow.bind(state),
    };
  };
  const known = new Map<SymbolName, NonNullable<ReturnType<typeof roomOf>>>();
  for (const [at] of ids.entries()) {
    const room = roomOf(symbolAt(at));
    if (room !== null) known.set(symbolAt(at), room);
  }
  const work = { reads: 0, onPause: () => {} };
  const late = () => {
    const cursors = commit(log, "late");
    for (const [at, { log: roomLog }] of [...known.values()].entries()) {
      roomLog.appended(cursors[at] as Cursor);
    }
  };
  const windows = new TradeWindows({
    log: {
      get memoryFrom() {
        return log.memoryFrom;
      },
      rowsBack: (...asked) => {
        work.reads += 1;
        return log.rowsBack(...asked);
      },
    },
    roomOf: (symbol) => known.get(symbol) ?? null,
    made: () => {},
    pause: async () => work.onPause(),
  });
  const stateOf = (at: number) => known.get(symbolAt(at))?.state as RoomState;
  return { ...{ log, ids, windows, work, known, stateOf, roomOf, late } };
}

function parts(from: number, to: number): SymbolBatch[] {
  return Array.from({ length: to - from }, (_, index) => ({
    symbol: symbolAt(from + index),
    ...{ frames: [], tradeKeys: ["1"] },
  })) as unknown as SymbolBatch[];
}

/** Which of these trades the room takes for new. */
function fresh(window: TradeWindow, ids: readonly string[]): string[] {
  const trades = ids.map(trade);
  const { frames } = window.filter(encodeFrames(trades), trades.map(tradeKey));
  return frames
    .flatMap(({ text }) => decodeFrame(text))
    .map((event) => (event.kind === "trade" ? (event.id ?? "") : ""));
}

describe("windows of trades of many rooms after a wake (I-7)", () => {
  it("are made in one pass, and know what each would have read for itself", async () => {
    const { windows, work, known, stateOf, roomOf, ids } = awake(40, 100);
    const lacking = windows.lacking(parts(0, 40));
    expect(lacking).toHaveLength(40);
    await windows.make(lacking);
    // Four generations, and a look for a fifth.
    expect(work.reads).toBe(5);
    for (const at of [0, 17, 39]) {
      const room = ids[at];
      const asked = ["0", "57", "99", "100"].map((commit) => `${commit}-${room}`);
      const own = roomOf(symbolAt(at))?.state.tradeWindow() as TradeWindow;
      expect(fresh(stateOf(at).tradeWindow(), asked)).toEqual([`100-${room}`]);
      expect(fresh(own, asked)).toEqual([`100-${room}`]);
    }
    expect(windows.lacking(parts(0, 40))).toEqual([]);
    expect(known.get(symbolAt(3))?.lacksTradeWindow).toBe(false);
  });

  it("have what is appended, and lack nothing where the oldest is dropped, meanwhile", async () => {
    const { windows, work, log, stateOf, late, ids } = awake(20, 300);
    let isOver = false;
    work.onPause = () => {
      if (isOver) return;
      isOver = true;
      late();
      for (let after = log.prunedThrough; ; ) {
        const part = log.partAfter({ events: 500, bytes: 1e6 }, after);
        if (part === null) break;
        log.markStored(part);
        after = part.through;
      }
      const through = log.prunable?.through ?? CURSOR_ORIGIN;
      expect(through).toBeGreaterThan(log.prunedThrough);
      log.prune(through);
    };
    await windows.make(windows.lacking(parts(0, 20)));
    expect(fresh(stateOf(4).tradeWindow(), [`late-${ids[4]}`, `299-${ids[4]}`, "new"])).toEqual([
      "new",
    ]);
  });

  it("are made for all that wait in the next pass", async () => {
    const { windows, work } = awake(40, 10);
    const first = windows.make(windows.lacking(parts(0, 10)));
    await Promise.resolve();
    const others = [windows.lacking(parts(10, 25)), windows.lacking(parts(25, 40))];
    await Promise.all([first, ...others.map((rooms) => windows.make(rooms))]);
    expect(work.reads).toBe(4);
    expect(windows.lacking(parts(0, 40))).toEqual([]);
  });

  it("are left to rooms that are few, or that nobody has pushed to", () => {
    const { windows } = awake(9, 10);
    expect(windows.lacking(parts(0, 7))).toEqual([]);
    expect(windows.lacking(parts(3, 30))).toEqual([]);
    expect(windows.lacking(parts(0, 30))).toHaveLength(9);
  });
});
