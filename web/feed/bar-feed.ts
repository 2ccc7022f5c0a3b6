import type { HistoryAnswer } from "../../src/protocol/answers.ts";
import type { Bar, Interval } from "../../src/protocol/bar.ts";
import type { TradeEvent } from "../../src/protocol/event.ts";
import type { BarMessage, Gap } from "../../src/protocol/server-message.ts";
import type { Cursor } from "../../src/protocol/time.ts";
import {
  afterSeeing,
  applyBar,
  applyTrades,
  type ChartBar,
  mergeHistory,
  prependBars,
  type Seen,
} from "../data/bars.ts";
import { arrived, type Frame, type Join, loading, take as takeJoined } from "../data/join.ts";
import { suggestInterval } from "../data/suggest-interval.ts";
import type { Answer, Api } from "./api.ts";
import { DIRTY, type Dirty } from "./dirty.ts";

/** Bars asked for at once. */
const PAGE_BARS = 500;
/** Bars kept: a second's interval for five hours. Past that the oldest are dropped while the page lives on. */
const MAX_BARS = 20_000;
/** How much is dropped at once, so that it is done seldom. */
const DROP_BARS = 2_000;
/** A late trade may bring others: history is asked once for all of them. */
const DOUBT_MS = 3_000;
const RETRY_MS = 2_000;

export interface FeedDeps {
  api: Api;
  setTimer(callback: () => void, delayMs: number): () => void;
  mark(dirty: Dirty): void;
  /** A request went wrong: a token is needed, or the server is away and will be asked again. */
  failed(answer: Exclude<Answer<unknown>, { kind: "ok" }>): void;
}

/**
 * The bars of one symbol: history, continued by live trades, corrected where a late trade says so. `onHistory` is told
 * the cursor of each answer.
 */
export function openBarFeed(
  deps: FeedDeps & { onHistory(cursor: Cursor): void },
  symbol: string,
  chosen: Interval | null,
) {
  let interval: Interval = chosen ?? "1m";
  let wanted: Interval | null = chosen;
  let bars: ChartBar[] = [];
  let seen: Seen | null = null;
  let shown: Join | null = null;
  /**
   * The reload under way, and what was known when it began. Its answer holds all of that, and the trades since are gone
   * over once more; what is shown has them already and may be ahead of the answer.
   */
  let reload: { join: Join; seen: Seen | null; bars: ChartBar[] } | null = null;
  let changedFrom = 0;
  let doubtTimer: (() => void) | null = null;
  let older: "idle" | "loading" | "exhausted" = "idle";
  let closed = false;

  return {
    bars: () => bars,
    interval: () => interval,
    load,
    take,
    takeBar,
    takeGap,
    loadOlder,
    /** Show another interval: what is shown stays until its bars are there. */
    choose(next: Interval) {
      if (next === (wanted ?? interval)) return;
      wanted = next;
      void load();
    },
    /** Index of the first bar changed since the last call. */
    takeChangedFrom(): number {
      const from = changedFrom;
      changedFrom = bars.length;
      return from;
    },
    close() {
      closed = true;
      doubtTimer?.();
    },
  };

  /** Ask for history and put it in place, unless another request overtakes this one. */
  async function load(): Promise<void> {
    doubtTimer?.();
    doubtTimer = null;
    const mine = { join: loading(), seen, bars };
    reload = mine;
    const asked = wanted ?? interval;
    let answer = await deps.api.history(symbol, { interval: asked, limit: PAGE_BARS });
    if (answer.kind === "ok" && wanted === null) {
      const suits = suggestInterval(answer.value.bars);
      if (suits !== asked && reload === mine) {
        mine.join = loading();
        answer = await deps.api.history(symbol, { interval: suits, limit: PAGE_BARS });
      } else if (answer.value.bars.length === 0) {
        answer = (await longerHistory()) ?? answer;
      }
    }
    if (closed || reload !== mine) return;
    if (answer.kind !== "ok") {
      deps.failed(answer);
      if (answer.kind === "unauthorized") return;
      deps.setTimer(() => {
        if (!closed && reload === mine) void load();
      }, RETRY_MS);
      return;
    }
    const { cursor } = answer.value;
    const joined = arrived(mine.join, cursor);
    if (joined === null) return load();
    reload = null;
    const isSame = answer.value.interval === interval && shown !== null;
    interval = answer.value.interval;
    wanted = interval;
    bars = mergeHistory(isSame ? mine.bars : [], answer.value.bars, cursor);
    if (!isSame) older = "idle";
    shown = joined.join;
    seen = mine.seen ?? { fromUs: cursor, latestUs: 0 };
    for (const frame of joined.held) seen = afterSeeing(seen, tradesOf(frame));
    for (const frame of joined.fresh) apply(frame);
    changedFrom = 0;
    deps.mark(DIRTY.allBars);
    deps.onHistory(cursor);
  }

  /** Bars of a symbol that has none of a minute: hours or days were posted. */
  async function longerHistory(): Promise<Answer<HistoryAnswer> | null> {
    for (const longer of ["1h", "1d"] as const) {
      const answer = await deps.api.history(symbol, { interval: longer, limit: PAGE_BARS });
      if (answer.kind === "ok" && answer.value.bars.length > 0) return answer;
    }
    return null;
  }

  function take(frame: Frame): void {
    if (reload !== null) takeJoined(reload.join, frame);
    if (shown === null) return;
    const fresh = takeJoined(shown, frame);
    // What the bars hold already was seen too, and came first.
    const trades = tradesOf(frame);
    const held = trades.length - fresh.reduce((count, part) => count + tradesOf(part).length, 0);
    if (seen !== null && held > 0) seen = afterSeeing(seen, trades.slice(0, held));
    for (const part of fresh) apply(part);
  }

  function apply(frame: Frame): void {
    const trades = tradesOf(frame);
    if (trades.length === 0 || seen === null) return;
    const applied = applyTrades(bars, trades, interval, seen);
    seen = afterSeeing(seen, trades);
    bars = applied.bars;
    changed(applied.changedFrom);
    if (bars.length > MAX_BARS) {
      bars = bars.slice(DROP_BARS);
      changed(0);
      deps.mark(DIRTY.allBars);
    }
    if (applied.doubtful) doubtTimer ??= deps.setTimer(() => void load(), DOUBT_MS);
  }

  function takeBar(message: BarMessage): void {
    if (message.interval !== interval) return;
    const applied = applyBar(bars, message);
    bars = applied.bars;
    if (applied.changedFrom < bars.length) changed(applied.changedFrom);
  }

  /** Trades are missing: nothing is known any more of what is in the bars, so history says. */
  function takeGap(gap: Gap): void {
    if (seen !== null) seen = { fromUs: gap.to, latestUs: 0 };
    void load();
  }

  async function loadOlder(): Promise<void> {
    const first = bars[0];
    if (older !== "idle" || first === undefined || bars.length >= MAX_BARS - PAGE_BARS) return;
    older = "loading";
    const asked = interval;
    const answer = await deps.api.history(symbol, {
      interval: asked,
      limit: PAGE_BARS,
      to: first.ts,
    });
    if (closed || interval !== asked) return;
    if (answer.kind !== "ok") {
      deps.failed(answer);
      deps.setTimer(() => {
        older = "idle";
      }, RETRY_MS);
      return;
    }
    const before: readonly Bar[] = answer.value.bars;
    const next = prependBars(bars, before);
    older = next.length === bars.length ? "exhausted" : "idle";
    bars = next;
    if (reload !== null) reload.bars = prependBars(reload.bars, before);
    changed(0);
    deps.mark(DIRTY.allBars);
  }

  function changed(from: number): void {
    changedFrom = Math.min(changedFrom, from);
    deps.mark(DIRTY.bars);
  }
}

export function tradesOf(frame: Frame): TradeEvent[] {
  return frame.events.filter((event) => event.kind === "trade");
}
