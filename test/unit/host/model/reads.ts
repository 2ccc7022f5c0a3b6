import { expect } from "vitest";
import { decodeFrame } from "../../../../src/core/events/encode-events.ts";
import type { SymbolName } from "../../../../src/protocol/words/symbol.ts";
import { CURSOR_ORIGIN } from "../../../../src/protocol/words/time.ts";
import type { ModelHosts } from "./hosts.ts";

export interface PollPlan {
  /** From the beginning, or from where the last one was. */
  fromOrigin: boolean;
  limit: number;
  waitMs: number;
}

/** One page of the polling fallback. */
export async function poll(hosts: ModelHosts, symbol: SymbolName, plan: PollPlan): Promise<void> {
  const room = hosts.room(symbol);
  const origin = { cursor: CURSOR_ORIGIN, log: null };
  const { cursor: from, log } = (plan.fromOrigin ? origin : room.polled) ?? {
    ...{ cursor: null, log: null },
  };
  const { mayNotKnow } = hosts;
  const { core } = hosts.hostOf(symbol);
  // More may come while it is answered, as an alert that time has let fire.
  const { head } = room.tape;
  const page = await hosts.until(core.poll(symbol, from, plan.limit, plan.waitMs, log));
  room.takePage({ cursor: from, log }, { page, head }, mayNotKnow);
}

/** What Postgres and the newest part of a room have together is everything. */
export async function readTail(hosts: ModelHosts, symbol: SymbolName): Promise<void> {
  const room = hosts.room(symbol);
  const { core, name } = hosts.hostOf(symbol);
  const answer = core.readTail(symbol, 1_000_000).then((tail) => ({
    tail,
    // More may come before somebody looks at it.
    entries: [...room.tape.entries],
    isPlaced: room.isPlacedOn(hosts.disks.logOf(name, symbol)),
  }));
  const { tail, entries, isPlaced } = await hosts.until(answer);
  if (!isPlaced) return;
  const { frames, storedThrough, cursor } = tail;
  expect(cursor).toBeGreaterThanOrEqual(entries.at(-1)?.cursor ?? 0);
  const missing = entries.filter((entry) => entry.cursor > storedThrough);
  const events = frames.flatMap(({ text }) => decodeFrame(text));
  expect(events).toEqual(missing.map(({ event }) => event));
}
