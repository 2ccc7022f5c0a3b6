import { expect, test } from "vitest";
import type { SymbolSummary } from "../../../src/protocol/answers/answers.ts";
import type { SymbolName } from "../../../src/protocol/words/symbol.ts";
import { matching, nextList } from "../../../web/data/symbols/symbol-list.ts";
import type { Api } from "../../../web/feed/api.ts";
import { initialList, listMachine } from "../../../web/feed/symbols/symbols-machine.ts";
import {
  isCutOff,
  type SymbolsView,
  symbolsStatus,
  watchSymbols,
} from "../../../web/feed/symbols/symbols-watch.ts";
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

/** A server that holds a question to which it has no news, as `holdS` asks, and answers at once where it `isHasty`. */
function world() {
  const clock = fakeClock();
  const views: SymbolsView[] = [];
  const state = {
    ...{ isVisible: true, asked: 0, held: 0, isAway: false, isHasty: false, version: 1 },
    ...{ holdS: 20, hangs: false, isRefused: false },
    ...{ notice: () => {}, retry: () => {} },
  };
  const symbols: Api["symbols"] = async ({ tag, holdS, signal }) => {
    state.asked += 1;
    if (state.isAway) return { kind: "failed", status: null, detail: "away" };
    if (state.isRefused) return { kind: "unauthorized", detail: "another token" };
    if (state.hangs) {
      while (!signal.aborted) await new Promise<void>((resolve) => clock.setTimer(resolve, 50));
    }
    const endMs = clock.nowMs() + (state.isHasty ? 0 : holdS * 1_000);
    state.held += 1;
    while (tag === `${state.version}` && clock.nowMs() < endMs && !signal.aborted) {
      await new Promise<void>((resolve) => clock.setTimer(resolve, 50));
    }
    state.held -= 1;
    if (signal.aborted) return { kind: "failed", status: null, detail: "called off" };
    const isKnown = tag === `${state.version}`;
    const list = isKnown ? null : { symbols: [summary("A", state.version)], complete: true };
    return { kind: "ok", value: { list, tag: `${state.version}` } };
  };
  const { stop, besideLive } = watchSymbols({
    api: { symbols },
    nowMs: clock.nowMs,
    random: () => 1,
    setTimer: clock.setTimer,
    holdS: () => state.holdS,
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
  const show = (isVisible: boolean) => {
    state.isVisible = isVisible;
    state.notice();
  };
  return { clock, views, state, stop, besideLive, show };
}

test("a list that stays as it is is asked for three times a minute, and one that changes once a second", async () => {
  const { clock, state, views } = world();
  await clock.advance(60_000);
  expect(state.asked).toBeLessThanOrEqual(5);
  const asked = state.asked;
  for (let i = 0; i < 100; i++) {
    state.version += 1;
    await clock.advance(100);
  }
  expect(state.asked - asked).toBeGreaterThanOrEqual(9);
  expect(state.asked - asked).toBeLessThanOrEqual(11);
  await clock.advance(1_100);
  expect(views.at(-1)?.list[0]?.last).toBe(state.version);
});

test("beside a stream that tells prices it is asked for every five seconds, and at once when that ends", async () => {
  const { clock, state, besideLive } = world();
  state.isHasty = true;
  besideLive(true);
  await clock.advance(2_000);
  const { asked } = state;
  await clock.advance(20_000);
  expect(state.asked).toBe(asked + 4);
  await clock.advance(500);
  besideLive(false);
  expect(state.asked).toBe(asked + 5);
  await clock.advance(5_000);
  expect(state.asked).toBe(asked + 10);
});

test("a question that is held when a stream ends is put anew, to be answered at once", async () => {
  const { clock, state, besideLive } = world();
  besideLive(true);
  await clock.advance(8_000);
  expect(state.held).toBe(1);
  const { asked } = state;
  besideLive(false);
  await clock.advance(100);
  expect([state.asked - asked, state.held]).toEqual([1, 0]);
});

test("a server that hangs is known to, ten seconds after its answer was due", async () => {
  const { clock, state, views } = world();
  state.holdS = 1;
  await clock.advance(1_100);
  state.hangs = true;
  await clock.advance(13_000);
  const view = views.at(-1);
  expect(view && isCutOff(view)).toBe(true);
});

test("who needs another token is not told that all is live", async () => {
  const { clock, state, views } = world();
  await clock.advance(1_100);
  state.isRefused = true;
  state.version += 1;
  await clock.advance(2_000);
  const view = views.at(-1);
  expect(view && [isCutOff(view), symbolsStatus(view, 0).words]).toEqual([true, "needs a token"]);
});

test("a server, or what is before it, that holds no question is not pressed", async () => {
  const { clock, state } = world();
  state.isHasty = true;
  await clock.advance(10_000);
  expect(state.asked).toBeLessThanOrEqual(11);
});

test("a page that is hidden asks nothing and holds nothing, and asks at once when it is shown", async () => {
  const { clock, state, stop, show } = world();
  await clock.advance(5_000);
  expect(state.held).toBe(1);
  show(false);
  await clock.advance(100);
  expect(state.held).toBe(0);
  const { asked } = state;
  await clock.advance(60_000);
  expect(state.asked).toBe(asked);
  show(true);
  await clock.advance(100);
  expect(state.asked).toBe(asked + 1);
  stop();
  await clock.advance(60_000);
  expect(state.asked).toBe(asked + 1);
  expect([state.held, clock.pendingTimers()]).toEqual([0, 0]);
});

test("a page that was opened in the background has its first list, and no second", async () => {
  const { clock, state, show, views } = world();
  show(false);
  await clock.advance(60_000);
  expect(state.asked).toBe(1);
  expect(views.at(-1)?.list).toHaveLength(1);
});

test("a server that is away keeps the last list, counts down, and is asked ever less often", async () => {
  const { clock, state, views } = world();
  await clock.advance(1_100);
  state.isAway = true;
  state.version += 1;
  await clock.advance(2_000);
  const { asked } = state;
  await clock.advance(20_000);
  expect(state.asked - asked).toBeLessThan(8);
  const before = state.asked;
  state.retry();
  expect(state.asked).toBe(before + 1);
  await clock.advance(10);
  const view = views.at(-1);
  expect(view?.list.map((listed) => listed.symbol)).toEqual(["A"]);
  expect(view && symbolsStatus(view, clock.nowMs()).words).toMatch(/^reconnecting in \d+ s$/);
});

test("an answer that never comes is called off, and is as good as none", () => {
  const moment = { nowMs: 0, random: 0.5 };
  const { state } = listMachine.reduce(initialList(20_000, true), { type: "start" }, moment);
  const dueMs = listMachine.wakeMs(state);
  const late = listMachine.reduce(state, { type: "tick" }, { nowMs: dueMs, random: 0.5 });
  expect(late.effects).toEqual([{ type: "cancel", id: 1 }, { type: "tell" }]);
  expect(late.state.phase.name).toBe("waiting");
  const value = { list: { symbols: [], complete: true }, tag: null };
  const answered = { type: "answered", id: 1, answer: { kind: "ok", value } } as const;
  expect(listMachine.reduce(late.state, answered, moment).state).toBe(late.state);
});

test("a list that never was there is connected to, and not again", () => {
  const view = { list: [], retryAtMs: 4_000, known: false, isWhole: true, isRefused: false };
  expect(symbolsStatus(view, 0).words).toBe("connecting in 4 s");
});

test("says what it waits for: the list, or the rest of it", () => {
  const waiting = { list: [], retryAtMs: null, known: false, isWhole: true, isRefused: false };
  expect(symbolsStatus(waiting, 0).words).toBe("waiting for the list of symbols");
  const moment = { nowMs: 0, random: 0.5 };
  let { state } = listMachine.reduce(initialList(20_000, true), { type: "start" }, moment);
  const value = { list: { symbols: [summary("A", 1)], complete: false }, tag: null };
  const answered = { type: "answered", id: 1, answer: { kind: "ok", value } } as const;
  state = listMachine.reduce(state, answered, moment).state;
  const { list, retryAtMs, known, isWhole } = state;
  const status = symbolsStatus({ list, retryAtMs, known, isWhole, isRefused: false }, 0);
  expect(status).toEqual({ kind: "live", words: "live, some symbols still being read" });
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
