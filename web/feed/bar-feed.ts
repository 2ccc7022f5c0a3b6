import type { HistoryAnswer } from "../../src/protocol/answers.ts";
import type { Bar, Interval } from "../../src/protocol/bar.ts";
import type { TradeEvent } from "../../src/protocol/event.ts";
import { INTERVAL_SECONDS } from "../../src/protocol/interval.ts";
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
import type { TimedBar } from "../data/last-price.ts";
import { suggestInterval } from "../data/suggest-interval.ts";
import type { Answer, Api, Failure } from "./api.ts";
import type { Clock } from "./clock.ts";
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
/** What bars are posted in; those of a longer interval are made of them, those of a shorter one are not. */
const POSTED_INTERVALS = ["1m", "1h", "1d"] as const;

export interface FeedDeps extends Clock {
  api: Api;
  mark(dirty: Dirty): void;
  /** A request went wrong: what `failed` will be asked again by who asked. */
  failed(answer: Failure): void;
}

export interface BarFeedDeps extends FeedDeps {
  /** The cursor of each answer. */
  onHistory(cursor: Cursor): void;
  /** Bars of an answer, new to the page. */
  onBars(bars: readonly Bar[]): void;
}

/** The bars of one symbol: history, continued by live trades, corrected where a late trade says so. */
export function openBarFeed(deps: BarFeedDeps, symbol: string, chosen: Interval | null) {
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
  /** Where there is none of the interval: the newest of a longer one. */
  let elsewhere: TimedBar | null = null;
  /** The newest bar of a minute as of the first answer, which says better than a long bar when there was a trade. */
  let minute: Bar | null | undefined;
  let closed = false;

  return {
    bars: () => bars,
    interval: () => interval,
    /** The newest bar there is, of a longer interval where this one has none. */
    newest: (): TimedBar | null => {
      const bar = bars.at(-1);
      return bar === undefined ? elsewhere : { bar, interval };
    },
    /** A longer interval that has bars, where the chosen one has none. */
    elsewhere: () => (bars.length === 0 ? (elsewhere?.interval ?? null) : null),
    minute: () => minute ?? null,
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
      minute = answer.value.bars.at(-1) ?? null;
      const suits = suggestInterval(answer.value.bars);
      if (suits !== asked && reload === mine) {
        mine.join = loading();
        answer = await deps.api.history(symbol, { interval: suits, limit: PAGE_BARS });
      } else if (answer.value.bars.length === 0) {
        answer = (await longerHistory(asked, PAGE_BARS)) ?? answer;
      }
    }
    let longer: TimedBar | null = null;
    if (answer.kind === "ok" && wanted !== null && answer.value.bars.length === 0) {
      const found = await longerHistory(asked, 1);
      const bar = found?.value.bars.at(-1);
      if (found && bar) longer = { bar, interval: found.value.interval };
    }
    if (closed || reload !== mine) return;
    if (answer.kind !== "ok") {
      deps.failed(answer);
      if (answer.kind !== "failed") return;
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
    elsewhere = longer;
    if (!isSame) older = "idle";
    shown = joined.join;
    seen = mine.seen ?? { fromUs: cursor, latestUs: 0 };
    for (const frame of joined.held) seen = afterSeeing(seen, tradesOf(frame));
    for (const frame of joined.fresh) apply(frame);
    changedFrom = 0;
    deps.mark(DIRTY.allBars);
    deps.onBars(bars);
    deps.onHistory(cursor);
    if (INTERVAL_SECONDS[interval] > 60 && minute === undefined) void askMinute();
  }

  async function askMinute(): Promise<void> {
    const answer = await deps.api.history(symbol, { interval: "1m", limit: 1 });
    if (closed || answer.kind !== "ok") return;
    minute = answer.value.bars.at(-1) ?? null;
    deps.mark(DIRTY.bars);
  }

  /** Bars of a symbol that has none of the interval asked for: minutes, hours or days were posted. */
  async function longerHistory(than: Interval, limit: number) {
    for (const longer of POSTED_INTERVALS) {
      if (INTERVAL_SECONDS[longer] <= INTERVAL_SECONDS[than]) continue;
      const answer: Answer<HistoryAnswer> = await deps.api.history(symbol, {
        interval: longer,
        limit,
      });
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
    if (bars.length === 0) deps.mark(DIRTY.allBars);
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
    if (seen !== null) seen = { fromUs: Math.max(gap.from, gap.to), latestUs: 0 };
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
      if (answer.kind !== "failed") return;
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
    deps.onBars(before);
  }

  function changed(from: number): void {
    changedFrom = Math.min(changedFrom, from);
    deps.mark(DIRTY.bars);
  }
}

export function tradesOf(frame: Frame): TradeEvent[] {
  return frame.events.filter((event) => event.kind === "trade");
}
