import { describe, expect, it } from "vitest";
import { CatchUp } from "../../../durable/host/catch-up.ts";
import { HostLog, type LogFrame } from "../../../durable/host/log/host-log.ts";
import { Registry } from "../../../durable/host/registry.ts";
import type { RoomRecord } from "../../../durable/host/room-record.ts";
import type { SymbolName } from "../../../src/protocol/words/symbol.ts";
import type { Cursor, EpochUs } from "../../../src/protocol/words/time.ts";
import { memorySql } from "../room/sqlite-port.ts";

const NOW_US = 1_700_000_000_000_000 as EpochUs;
const COMMITS = 40;

/** A host of so many rooms, each with a frame in every commit. */
function host(rooms: number) {
  const sql = memorySql();
  const log = new HostLog(sql, NOW_US, () => "log-1");
  const registry = new Registry(sql, () => true);
  const records = Array.from({ length: rooms }, (_, at) =>
    registry.add(`S${at}` as SymbolName, log.head, null),
  );
  const commit = (text: string) => {
    const parts = records.map(({ id }) => ({ room: id, frames: [{ text, count: 1 }] }));
    log.append(parts, [], NOW_US);
  };
  for (let at = 0; at < COMMITS; at += 1) commit(`${at}`);
  const taken = new Map<SymbolName, string[]>();
  const through = new Map<SymbolName, Cursor | null>();
  let reads = 0;
  let onPause = () => {};
  const catchUp = new CatchUp({
    log: {
      get head() {
        return log.head;
      },
      memoryFrom: log.memoryFrom,
      lastOf: (room) => log.lastOf(room),
      rowsAfter: (after) => log.rowsAfter(after),
      partAfter: (limit, after) => {
        reads += 1;
        return log.partAfter({ ...limit, events: 500 }, after);
      },
    },
    roomOf: ({ symbol }: RoomRecord) => ({
      foldedThrough: through.has(symbol) ? (through.get(symbol) ?? null) : (0 as Cursor),
      foldIn: (frames: readonly LogFrame[]) => {
        const texts = taken.get(symbol) ?? [];
        taken.set(symbol, [...texts, ...frames.map(({ text }) => text)]);
        through.set(symbol, frames.at(-1)?.cursor ?? null);
      },
      beforeUnload: () => {},
    }),
    pause: async () => onPause(),
  });
  return {
    ...{ catchUp, records, taken, through, commit, reads: () => reads },
    whenItPauses: (what: () => void) => {
      onPause = what;
    },
  };
}

const ALL = Array.from({ length: COMMITS }, (_, at) => `${at}`);

describe("rooms that are behind", () => {
  it("are brought to the head in one pass, in which each row is read once", async () => {
    const { catchUp, records, taken, reads } = host(100);
    await catchUp.run(records);
    for (const { symbol } of records) expect(taken.get(symbol)).toEqual(ALL);
    // 4,000 events in parts of 500.
    expect(reads()).toBe(8);
    await catchUp.run(records);
    expect(reads()).toBe(8);
  });

  it("get what is appended meanwhile, and who cannot be asked gets nothing", async () => {
    const { catchUp, records, taken, through, commit, whenItPauses } = host(80);
    through.set("S3" as SymbolName, null);
    let isOver = false;
    whenItPauses(() => {
      if (!isOver) commit("late");
      isOver = true;
    });
    await catchUp.run(records);
    expect(taken.get("S4" as SymbolName)).toEqual([...ALL, "late"]);
    expect(taken.has("S3" as SymbolName)).toBe(false);
  });

  it("read for themselves where they are few", async () => {
    const { catchUp, records, reads } = host(10);
    await catchUp.run(records);
    expect(reads()).toBe(0);
  });
});
