import { describe, expect, it } from "vitest";
import type { Statement, StatementResult } from "../../../dev/database/backend.ts";
import { Upkeep } from "../../../dev/database/upkeep.ts";

const MIB = 1024 * 1024;

/** A database that only knows how far its log is, and remembers what it was asked to do. */
function fakeBackend() {
  const state = { lsn: 100, due: [] as string[], isDown: false, did: [] as string[] };
  const answer = (rows: string[][]): StatementResult => ({
    fields: [],
    rows,
    command: "",
    rowCount: null,
  });
  return {
    state,
    async run({ text }: Statement): Promise<StatementResult> {
      if (state.isDown) throw new Error("down");
      if (text.includes("pg_current_wal_insert_lsn")) return answer([[String(state.lsn)]]);
      if (text.includes("pg_stat_user_tables")) return answer(state.due.map((one) => [one]));
      state.did.push(text.includes("brin_summarize") ? "summarize" : text);
      return answer([]);
    },
  };
}

function start() {
  const backend = fakeBackend();
  const clock = { nowMs: 0 };
  const events: string[] = [];
  const upkeep = new Upkeep({
    backend,
    nowMs: () => clock.nowMs,
    log: (event) => events.push(event),
  });
  const stepAt = async (nowMs: number, change: Partial<typeof backend.state> = {}) => {
    clock.nowMs = nowMs;
    Object.assign(backend.state, change, { did: [] });
    await upkeep.step();
    return backend.state.did;
  };
  return { stepAt, events };
}

describe("upkeep of the embedded database", () => {
  it("does nothing where nothing was written", async () => {
    const { stepAt } = start();
    await stepAt(40_000);
    expect(await stepAt(80_000)).toEqual([]);
  });

  it("summarises at every step with news, and writes a checkpoint after 30 s", async () => {
    const { stepAt } = start();
    expect(await stepAt(5_000)).toEqual(["summarize"]);
    expect(await stepAt(10_000, { lsn: 200 })).toEqual(["summarize"]);
    expect(await stepAt(31_000)).toEqual(["checkpoint"]);
    expect(await stepAt(35_000, { lsn: 300 })).toEqual(["summarize"]);
  });

  it("writes a checkpoint early where much was written", async () => {
    const { stepAt } = start();
    expect(await stepAt(5_000, { lsn: 200 * MIB })).toEqual(["summarize", "checkpoint"]);
    expect(await stepAt(10_000, { lsn: 201 * MIB })).toEqual(["summarize"]);
  });

  it("sees to the tables that are due before the checkpoint", async () => {
    const { stepAt } = start();
    const did = await stepAt(31_000, { lsn: 200, due: ["analyze public.points"] });
    expect(did).toEqual(["summarize", "analyze public.points", "checkpoint"]);
  });

  it("tries again after a failure", async () => {
    const { stepAt, events } = start();
    await stepAt(31_000, { isDown: true });
    expect(events).toEqual(["upkeep_failed"]);
    expect(await stepAt(36_000, { isDown: false })).toEqual(["summarize", "checkpoint"]);
  });
});
