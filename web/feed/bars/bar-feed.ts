import type { Bar, Interval } from "../../../src/protocol/events/bar.ts";
import type { BarMessage, Gap } from "../../../src/protocol/socket/server-message.ts";
import type { Cursor } from "../../../src/protocol/words/time.ts";
import type { Frame } from "../../data/bars/join.ts";
import type { TimedBar } from "../../data/symbols/last-price.ts";
import { type FeedDeps, telling } from "../feed-deps.ts";
import { run } from "../machine.ts";
import { barMachine } from "./bar-machine.ts";
import { isReached } from "./bar-older.ts";
import { initialBars } from "./bar-state.ts";

export interface BarFeedDeps extends FeedDeps {
  /** The cursor of each answer. */
  onHistory(cursor: Cursor): void;
  /** Bars of an answer, new to the page. */
  onBars(bars: readonly Bar[]): void;
}

/** The bars of one symbol. `chosen` null: in an interval that suits them. */
export function openBarFeed(deps: BarFeedDeps, symbol: string, chosen: Interval | null) {
  const feed = run(barMachine, initialBars(chosen), deps, {
    ...telling(deps),
    async ask({ id, query }) {
      feed.send({ type: "answered", id, answer: await deps.api.history(symbol, query) });
    },
    history: ({ cursor }) => deps.onHistory(cursor),
    bars: ({ bars }) => deps.onBars(bars),
  });
  return {
    bars: () => feed.state().bars,
    interval: () => feed.state().interval,
    /** The newest bar there is, of a longer interval where this one has none. */
    newest: (): TimedBar | null => {
      const { bars, interval, elsewhere } = feed.state();
      const bar = bars.at(-1);
      return bar === undefined ? elsewhere : { bar, interval };
    },
    /** A longer interval that has bars, where the chosen one has none. */
    elsewhere: (): Interval | null => {
      const { bars, elsewhere } = feed.state();
      return bars.length === 0 ? (elsewhere?.interval ?? null) : null;
    },
    minute: (): Bar | null => {
      const { minute } = feed.state();
      return minute.kind === "known" ? minute.bar : null;
    },
    load: () => feed.send({ type: "load" }),
    take: (frame: Frame) => feed.send({ type: "frame", frame }),
    takeBar: (message: BarMessage) => feed.send({ type: "bar", message }),
    takeGap: (gap: Gap) => feed.send({ type: "gap", gap }),
    /** Bars of the symbol were imported. */
    takeImport: () => feed.send({ type: "imported" }),
    loadOlder: () => feed.send({ type: "older" }),
    /** Have bars back to `fromUs`, or as far as they go; null: no further than one scrolls. */
    reach: (fromUs: number | null) => feed.send({ type: "reach", fromUs }),
    isReached: (fromUs: number) => isReached(feed.state(), fromUs),
    choose: (interval: Interval) => feed.send({ type: "choose", interval }),
    /** Index of the first bar changed since the last call. */
    takeChangedFrom(): number {
      const { changedFrom } = feed.state();
      feed.send({ type: "painted" });
      return changedFrom;
    },
    close: feed.stop,
  };
}
