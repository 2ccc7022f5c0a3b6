import { useEffect, useState } from "preact/hooks";
import { openChannelTape } from "../../../client/channel-tape.ts";
import type { Status } from "../../../client/status.ts";
import { openTape } from "../../../client/tape.ts";
import type { Book } from "../../../src/core/books/book.ts";
import type { Bar, Interval } from "../../../src/protocol/events/bar.ts";
import { createPaintLoop } from "../../charts/paint-loop.ts";
import { createSharedAxis, type SharedAxis } from "../../charts/shared-axis.ts";
import type { LastPrice } from "../../data/symbols/last-price.ts";
import { type ChartMark, marksOf } from "../../data/tables/chart-marks.ts";
import type { TradeList } from "../../data/tables/trade-rows.ts";
import type { Digits } from "../../data/words/digits.ts";
import type { Api } from "../../feed/api.ts";
import type { DeskClock } from "../../feed/clock.ts";
import { DIRTY, type Dirty } from "../../feed/dirty.ts";
import { paced } from "../../feed/paced.ts";
import { type Kept, openSymbolFeed, type SymbolFeed } from "../../feed/room/symbol-feed.ts";
import type { ServerWatch } from "../../feed/symbols/server-watch.ts";
import { tapeDeps } from "../../feed/tape-deps.ts";
import { readToken } from "../../feed/token.ts";

/** Everything is painted together, so that one number is one number; faster, text cannot be read. */
const PAINT_MS = 100;

/** What panels show before anybody, or the candles, have said otherwise. */
export const FIRST_RANGE = "15m";

/** What the page shows of what moves: taken from the feed once a frame, for all who paint. */
interface Shown {
  /** Whether history has answered once. */
  isLoaded: boolean;
  bars: readonly Bar[];
  interval: Interval;
  last: LastPrice | null;
  trades: TradeList;
  book: Book | null;
  marks: readonly ChartMark[];
  priceDigits: Digits;
  sizeDigits: Digits;
}

/** A feed and those who paint it: every dirty bit since the last frame reaches each painter once. */
export interface SymbolView {
  feed: SymbolFeed;
  clock: DeskClock;
  /** What candles and panels have in common. */
  axis: SharedAxis;
  shown(): Shown;
  /** Be called with what is dirty, in animation frames only; the function it returns ends that. */
  onPaint(painter: (dirty: Dirty) => void): () => void;
  close(): void;
}

export interface SymbolViewOptions {
  api: Api;
  clock: DeskClock;
  server: ServerWatch;
  symbol: string;
  interval: Interval | null;
  keeps: Kept;
  isListed: boolean;
  onUnauthorized(detail?: string): void;
}

export function openSymbolView(options: SymbolViewOptions): SymbolView {
  const { clock, server } = options;
  const painters = new Set<(dirty: Dirty) => void>();
  const loop = createPaintLoop(
    clock,
    () => {
      const dirty = feed.takeDirty();
      const isMarked = (dirty & (DIRTY.orders | DIRTY.notes)) !== 0;
      shown = shownOf(feed, isMarked ? marksOf(feed.orders.marked(), feed.notes()) : shown.marks);
      for (const painter of painters) painter(dirty);
    },
    PAINT_MS,
  );
  const feed = openSymbolFeed(
    {
      ...clock,
      api: options.api,
      openTape(tape, channels) {
        const token = readToken();
        const place = { baseUrl: window.location.origin, ...(token !== null && { token }) };
        const opened = { ...tape, ...place };
        const world = tapeDeps(clock, server);
        return channels === null
          ? openTape(opened, world)
          : openChannelTape({ ...opened, channels }, world);
      },
      onDirty: loop.request,
      onStatus: ({ kind }) => server.report("tape", kind === "reconnecting" || kind === "offline"),
      onUnauthorized: options.onUnauthorized,
    },
    options.symbol,
    { ...options, span: null },
  );
  let shown = shownOf(feed, []);
  const stopRetrying = server.onRetry(feed.retry);
  return {
    feed,
    clock,
    axis: createSharedAxis(),
    shown: () => shown,
    onPaint(painter) {
      painters.add(painter);
      return () => painters.delete(painter);
    },
    close() {
      loop.stop();
      stopRetrying();
      feed.close();
      server.report("tape", false);
    },
  };
}

function shownOf(feed: SymbolFeed, marks: readonly ChartMark[]): Shown {
  return {
    isLoaded: feed.isLoaded(),
    bars: feed.bars(),
    interval: feed.interval(),
    last: feed.last(),
    trades: feed.trades(),
    book: feed.book(),
    marks,
    priceDigits: feed.priceDigits(),
    sizeDigits: feed.sizeDigits(),
  };
}

/** Whether nothing can come, so that what is shown is what was. */
export function isCutOff(status: Status): boolean {
  return status.kind === "reconnecting" || status.kind === "offline" || status.kind === "closed";
}

/** Render the component anew when a bit of `mask` is dirty, at most once in `everyMs`. */
export function useRepaint(view: SymbolView, mask: Dirty, everyMs = 0): void {
  const [, setCount] = useState(0);
  useEffect(() => {
    const repaint = paced(view.clock, () => setCount((count) => count + 1), everyMs);
    const stop = view.onPaint((dirty) => {
      if ((dirty & mask) !== 0) repaint.ask();
    });
    return () => {
      repaint.stop();
      stop();
    };
  }, [view, mask, everyMs]);
}
