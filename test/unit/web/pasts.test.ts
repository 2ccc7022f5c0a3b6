import { expect, test } from "vitest";
import type { SymbolName } from "../../../src/protocol/words/symbol.ts";
import type { Cursor, EpochUs } from "../../../src/protocol/words/time.ts";
import type { Pasts } from "../../../web/data/symbols/listed-price.ts";
import type { Api } from "../../../web/feed/api.ts";
import { openPasts } from "../../../web/feed/panels/pasts.ts";
import { fakeClock } from "../client/fake-clock.ts";

function world() {
  const clock = fakeClock();
  const state = { isAway: false, atOnce: 0, mostAtOnce: 0, asked: [] as string[] };
  let pasts: Pasts = new Map();
  const history: Api["history"] = async (symbol, { interval }) => {
    state.asked.push(`${symbol} ${interval}`);
    state.atOnce += 1;
    state.mostAtOnce = Math.max(state.mostAtOnce, state.atOnce);
    await new Promise<void>((resolve) => clock.setTimer(resolve, 10));
    state.atOnce -= 1;
    if (state.isAway) return { kind: "failed", status: 503, detail: "away" };
    const bars = [{ ts: 0 as EpochUs, open: 1, high: 1, low: 1, close: 1, volume: 1 }];
    const value = { symbol: symbol as SymbolName, interval, cursor: 0 as Cursor, bars };
    return { kind: "ok", value };
  };
  const feed = openPasts({
    ...{ api: { history }, nowMs: clock.nowMs, setTimer: clock.setTimer, random: () => 0.5 },
    onPasts: (now) => {
      pasts = now;
    },
  });
  return { clock, state, feed, known: () => [...pasts.keys()] };
}

const line = (symbol: string, last: number | null = 1) => ({ symbol: symbol as SymbolName, last });

test("the past of each symbol with a price is asked for once, one after the other, by trades or by imported days", async () => {
  const { clock, state, feed, known } = world();
  const days = { ...line("B"), last_interval: "1d" as const };
  for (let i = 0; i < 3; i++) feed.follow([line("A"), days, line("C", null)]);
  await clock.advance(100);
  expect(state.asked).toEqual(["A 15m", "B 1d"]);
  expect(state.mostAtOnce).toBe(1);
  expect(known()).toEqual(["A", "B"]);
  // Somebody trades what had imported bars alone.
  feed.follow([line("A"), line("B")]);
  await clock.advance(100);
  expect(state.asked).toEqual(["A 15m", "B 1d", "B 15m"]);
});

test("while the server is away it is asked again, though the list stays as it is", async () => {
  const { clock, state, feed, known } = world();
  state.isAway = true;
  feed.follow([line("A")]);
  await clock.advance(5_000);
  expect(state.asked.length).toBeGreaterThan(1);
  expect(state.asked.length).toBeLessThan(5);
  state.isAway = false;
  await clock.advance(3_000);
  expect(known()).toEqual(["A"]);
  feed.close();
  expect(clock.pendingTimers()).toBe(0);
});
