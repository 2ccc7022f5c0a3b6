import { expect, test } from "vitest";
import type { SymbolSummary, SymbolsAnswer } from "../../../src/protocol/answers.ts";
import type { SymbolName } from "../../../src/protocol/symbol.ts";
import { matching, nextList } from "../../../web/data/symbol-list.ts";
import type { Answer } from "../../../web/feed/api.ts";
import { type SymbolsView, symbolsStatus, watchSymbols } from "../../../web/feed/symbols-watch.ts";
import { fakeClock } from "../client/fake-clock.ts";

function summary(symbol: string, last: number | null = null): SymbolSummary {
  return {
    symbol: symbol as SymbolName,
    last,
    change: null,
    volume: 0,
    last_ts: null,
    last_event: null,
    viewers: 0,
  };
}

function world() {
  const clock = fakeClock();
  const views: SymbolsView[] = [];
  const state = { isVisible: true, asked: 0, isAway: false, notice: () => {}, retry: () => {} };
  const stop = watchSymbols({
    api: {
      symbols: async (): Promise<Answer<SymbolsAnswer>> => {
        state.asked += 1;
        if (state.isAway) return { kind: "failed", status: null, detail: "away" };
        return { kind: "ok", value: { symbols: [summary("A", state.asked)], complete: true } };
      },
    },
    nowMs: clock.nowMs,
    random: () => 1,
    setTimer: clock.setTimer,
    isVisible: () => state.isVisible,
    watchVisibility(notice) {
      state.notice = notice;
      return () => {};
    },
    onRetry(listener) {
      state.retry = listener;
      return () => {};
    },
    onView: (view) => views.push(view),
    onUnauthorized: () => {},
  });
  return { clock, views, state, stop };
}

test("the list is asked for each second while the page is visible, and not at all while it is hidden", async () => {
  const { clock, state, stop } = world();
  await clock.advance(5_000);
  expect(state.asked).toBe(6);
  state.isVisible = false;
  state.notice();
  await clock.advance(60_000);
  expect(state.asked).toBe(6);
  state.isVisible = true;
  state.notice();
  await clock.advance(100);
  expect(state.asked).toBe(7);
  stop();
  await clock.advance(60_000);
  expect(state.asked).toBe(7);
  expect(clock.pendingTimers()).toBe(0);
});

test("a server that is away keeps the last list, counts down, and is asked ever less often", async () => {
  const { clock, state, views } = world();
  await clock.advance(100);
  state.isAway = true;
  await clock.advance(20_000);
  expect(state.asked).toBeLessThan(8);
  const { asked } = state;
  state.retry();
  expect(state.asked).toBe(asked + 1);
  const view = views.at(-1);
  expect(view?.list.map((listed) => listed.symbol)).toEqual(["A"]);
  expect(view && symbolsStatus(view, clock.nowMs()).words).toMatch(/^reconnecting in \d+ s$/);
});

test("a list that never was there is connected to, and not again", () => {
  const view = { list: [], retryAtMs: 4_000, known: false };
  expect(symbolsStatus(view, 0).words).toBe("connecting in 4 s");
});

test("a price that moves the same way twice counts two moves, one that stays none", () => {
  let list = nextList([], [summary("A", 1)]);
  for (const last of [2, 3, 3]) list = nextList(list, [summary("A", last)]);
  expect(list[0]).toMatchObject({ direction: "up", moves: 2, trail: [1, 2, 3, 3] });
});

test("symbols are sorted by name with _system last, and found by any part of it, beginnings first", () => {
  const list = nextList(
    [],
    ["_system", "ETH-BTC", "BTC-USD", "AAPL"].map((name) => summary(name)),
  );
  expect(list.map((listed) => listed.symbol)).toEqual(["AAPL", "BTC-USD", "ETH-BTC", "_system"]);
  expect(matching(list, " btc").map((listed) => listed.symbol)).toEqual(["BTC-USD", "ETH-BTC"]);
});
