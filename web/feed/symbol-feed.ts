import type { ClosedBecause, Delivery } from "../../client/state.ts";
import type { Status } from "../../client/status.ts";
import type { Tape, TapeOptions } from "../../client/tape.ts";
import type { Interval } from "../../src/protocol/bar.ts";
import { CLOSE_CODES } from "../../src/protocol/close-codes.ts";
import type { Gap } from "../../src/protocol/server-message.ts";
import type { Cursor } from "../../src/protocol/time.ts";
import type { Frame } from "../data/join.ts";
import type { Range } from "../data/ranges.ts";
import { addGap, addTrades, NO_TRADES, type TradeList } from "../data/trade-rows.ts";
import type { Answer, Api } from "./api.ts";
import { openBarFeed, tradesOf } from "./bar-feed.ts";
import { openBookFeed } from "./book-feed.ts";
import { DIRTY, type Dirty } from "./dirty.ts";
import { openPanelFeed } from "./panel-feed.ts";
import { openPositionFeed } from "./position-feed.ts";

/** The trades list begins this long before the bars' cursor, so that it is not empty at first sight. */
const PRELUDE_US = 15_000_000;
/** Gaps marked on the chart; older marks go. */
const MAX_GAPS = 50;

export interface SymbolFeedDeps {
  api: Api;
  openTape(options: Pick<TapeOptions, "symbol" | "since" | "onDelivery" | "onStatus">): Tape;
  setTimer(callback: () => void, delayMs: number): () => void;
  nowMs(): number;
  /** Something is dirty: paint when it suits. */
  onDirty(): void;
  onUnauthorized(): void;
}

export type SymbolFeed = ReturnType<typeof openSymbolFeed>;

/** Everything the page of one symbol shows, kept up to date over one socket until `close`. */
export function openSymbolFeed(
  deps: SymbolFeedDeps,
  symbol: string,
  options: { interval: Interval | null; range: Range },
) {
  let dirty: Dirty = 0;
  let tape: Tape | null = null;
  let closed = false;
  let trouble: string | null = null;
  let joinedAt = 0 as Cursor;
  let trades: TradeList = NO_TRADES;
  let gaps: readonly Gap[] = [];

  const parts = { api: deps.api, setTimer: deps.setTimer, nowMs: deps.nowMs, mark, failed };
  const bars = openBarFeed({ ...parts, onHistory }, symbol, options.interval);
  const panels = openPanelFeed(parts, symbol, options.range);
  const positions = openPositionFeed(parts, symbol);
  const book = openBookFeed(parts, symbol);
  void panels.load();
  void bars.load();
  void positions.load();
  void book.load();

  return {
    /** Whether history has answered once. */
    isLoaded: () => tape !== null,
    bars: bars.bars,
    interval: bars.interval,
    chooseInterval: bars.choose,
    loadOlder: bars.loadOlder,
    takeChangedFrom: bars.takeChangedFrom,
    panels: panels.panels,
    range: panels.range,
    endUs: panels.endUs,
    chooseRange: panels.choose,
    trades: () => trades,
    gaps: () => gaps,
    positions: positions.positions,
    book: book.book,
    cursor: () => tape?.cursor() ?? null,
    status,
    /** What has changed since the last call. */
    takeDirty(): Dirty {
      const taken = dirty;
      dirty = 0;
      return taken;
    },
    close() {
      closed = true;
      bars.close();
      panels.close();
      positions.close();
      book.close();
      tape?.close();
    },
  };

  /** The first answer says where the tape begins; the later ones join it where it stands. */
  function onHistory(cursor: Cursor): void {
    if (tape !== null) return;
    joinedAt = cursor;
    const since = Math.max(0, cursor - PRELUDE_US) as Cursor;
    tape = deps.openTape({ symbol, since, onDelivery, onStatus });
    mark(DIRTY.status);
  }

  function onStatus(now: Status): void {
    mark(DIRTY.status);
    if (now.kind === "closed" && wantsToken(now.because)) deps.onUnauthorized();
  }

  function onDelivery(delivery: Delivery): void {
    if (closed) return;
    switch (delivery.type) {
      case "events":
        onFrame(delivery);
        break;
      case "bar":
        bars.takeBar(delivery);
        break;
      case "gap":
        onGap(delivery);
        break;
      case "caught_up":
        mark(DIRTY.status);
        break;
      case "snapshot":
      case "error":
        break;
      default:
        delivery satisfies never;
    }
  }

  function onFrame(frame: Frame): void {
    bars.take(frame);
    panels.take(frame);
    positions.take(frame);
    book.take(frame);
    const fresh = tradesOf(frame);
    if (fresh.length === 0) return;
    trades = addTrades(trades, fresh);
    mark(DIRTY.trades);
  }

  function onGap(gap: Gap): void {
    // Of the prelude: the bars and lines hold these events already, and nothing on the page is missing.
    if (gap.to <= joinedAt) return;
    gaps = [...gaps, gap].slice(-MAX_GAPS);
    trades = addGap(trades, gap);
    mark(DIRTY.gaps | DIRTY.trades);
    bars.takeGap(gap);
    void panels.load();
    void positions.load();
    void book.load();
  }

  function failed(answer: Exclude<Answer<unknown>, { kind: "ok" }>): void {
    if (answer.kind === "unauthorized") {
      deps.onUnauthorized();
      return;
    }
    trouble = answer.detail;
    mark(DIRTY.status);
  }

  function status(): Status {
    if (tape !== null) return tape.status();
    return trouble === null
      ? { kind: "connecting", words: "connecting" }
      : { kind: "reconnecting", words: "reconnecting in 2 s" };
  }

  function mark(bits: Dirty): void {
    dirty |= bits;
    deps.onDirty();
  }
}

function wantsToken(because: ClosedBecause): boolean {
  if (because.by === "http") return because.status === 401 || because.status === 403;
  return because.by === "room" && because.code === CLOSE_CODES.tokenExpired.code;
}
