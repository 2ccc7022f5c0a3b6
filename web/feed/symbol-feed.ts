import type { ClosedBecause, Delivery } from "../../client/state.ts";
import type { Status } from "../../client/status.ts";
import type { Tape, TapeOptions } from "../../client/tape.ts";
import type { Bar, Interval } from "../../src/protocol/bar.ts";
import type { Level } from "../../src/protocol/book.ts";
import { CLOSE_CODES } from "../../src/protocol/close-codes.ts";
import type { Gap } from "../../src/protocol/server-message.ts";
import type { Cursor } from "../../src/protocol/time.ts";
import { beforeLive, isHeard } from "../data/before-live.ts";
import { type Digits, digitsAfter, NO_DIGITS } from "../data/digits.ts";
import type { Frame } from "../data/join.ts";
import { type LastPrice, lastPrice } from "../data/last-price.ts";
import type { Range } from "../data/ranges.ts";
import { addGap, addTrades, NO_TRADES, type TradeList } from "../data/trade-rows.ts";
import type { Api, Failure } from "./api.ts";
import { openBarFeed, tradesOf } from "./bar-feed.ts";
import { openBookFeed } from "./book-feed.ts";
import type { Clock } from "./clock.ts";
import { DIRTY, type Dirty } from "./dirty.ts";
import { openPanelFeed } from "./panel-feed.ts";
import { openPositionFeed } from "./position-feed.ts";

/** The trades list begins this long before the bars' cursor, so that it is not empty at first sight. */
const PRELUDE_US = 15_000_000;
/** Gaps marked on the chart; older marks go. */
const MAX_GAPS = 50;

export interface SymbolFeedDeps extends Clock {
  api: Api;
  openTape(options: Pick<TapeOptions, "symbol" | "since" | "onDelivery" | "onStatus">): Tape;
  /** Something is dirty: paint when it suits. */
  onDirty(): void;
  /** The connection's state has changed. */
  onStatus(status: Status): void;
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
  let wasHeard = false;
  let closed = false;
  let trouble: Exclude<Failure, { kind: "unauthorized" | "unknown" }> | null = null;
  /** Nobody has pushed to it so far. */
  let isUnknown = false;
  let joinedAt = 0 as Cursor;
  let trades: TradeList = NO_TRADES;
  let gaps: readonly Gap[] = [];
  let priceDigits: Digits = NO_DIGITS;
  let sizeDigits: Digits = NO_DIGITS;

  const parts = { api: deps.api, setTimer: deps.setTimer, nowMs: deps.nowMs, mark, failed };
  const bars = openBarFeed({ ...parts, onHistory, onBars }, symbol, options.interval);
  const panels = openPanelFeed(parts, symbol, options.range);
  const positions = openPositionFeed(parts, symbol);
  const book = openBookFeed({ ...parts, onLevels }, symbol);
  load();

  return {
    /** Whether history has answered once. */
    isLoaded: () => tape !== null,
    /** Whether nobody has pushed to it so far. */
    isUnknown: () => isUnknown,
    /** What the server has against the symbol, in words; null where nothing. */
    refusal: () => (trouble?.kind === "refused" ? trouble.detail : null),
    bars: bars.bars,
    interval: bars.interval,
    elsewhere: bars.elsewhere,
    /** The one last price of the page; null before one is known. */
    last: (): LastPrice | null => lastPrice(bars.newest(), trades.latest, bars.minute()),
    /** How prices and sizes of the symbol are written, everywhere on the page. */
    priceDigits: () => priceDigits,
    sizeDigits: () => sizeDigits,
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
    /** Ask at once what would be asked in a while, or when the room of an unknown symbol says something. */
    retry(): void {
      if (!isUnknown && (tape !== null || trouble?.kind !== "failed")) return;
      isUnknown = false;
      load();
    },
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

  function load(): void {
    void panels.load();
    void bars.load();
    void positions.load();
    void book.load();
  }

  /** The first answer says where the tape begins; the later ones join it where it stands. */
  function onHistory(cursor: Cursor): void {
    trouble = null;
    if (tape !== null) return;
    joinedAt = cursor;
    const since = Math.max(0, cursor - PRELUDE_US) as Cursor;
    tape = deps.openTape({ symbol, since, onDelivery, onStatus });
    mark(DIRTY.status);
  }

  function onBars(fresh: readonly Bar[]): void {
    for (const { open, high, low, close } of fresh) {
      priceDigits = digitsAfter(priceDigits, [open, high, low, close]);
    }
  }

  function onLevels(levels: readonly Level[]): void {
    priceDigits = digitsAfter(
      priceDigits,
      levels.map(([price]) => price),
    );
    sizeDigits = digitsAfter(
      sizeDigits,
      levels.map(([, size]) => size),
    );
  }

  function onStatus(now: Status): void {
    wasHeard ||= isHeard(now);
    mark(DIRTY.status);
    deps.onStatus(now);
    if (now.kind === "closed" && wantsToken(now.because)) deps.onUnauthorized();
  }

  function onDelivery(delivery: Delivery): void {
    if (closed) return;
    if (isUnknown && hasContent(delivery)) {
      isUnknown = false;
      load();
    }
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
    priceDigits = digitsAfter(
      priceDigits,
      fresh.map(({ price }) => price),
    );
    sizeDigits = digitsAfter(
      sizeDigits,
      fresh.map(({ size }) => size),
    );
    trades = addTrades(trades, fresh);
    mark(DIRTY.trades);
  }

  function onGap(gap: Gap): void {
    // In another life of the log the cursors of before mean nothing.
    if (gap.reason === "reset") joinedAt = gap.to;
    // Of the prelude: the bars and lines hold these events already, and nothing on the page is missing.
    else if (gap.to <= joinedAt) return;
    gaps = [...gaps, gap].slice(-MAX_GAPS);
    trades = addGap(trades, gap);
    mark(DIRTY.gaps | DIRTY.trades);
    bars.takeGap(gap);
    void panels.load();
    void positions.load();
    void book.load();
  }

  function failed(answer: Failure): void {
    if (answer.kind === "unauthorized") {
      deps.onUnauthorized();
      return;
    }
    if (closed || trouble?.kind === "refused") return;
    if (answer.kind === "unknown") {
      // The room tells when somebody pushes.
      isUnknown = true;
      tape ??= deps.openTape({ symbol, onDelivery, onStatus });
    } else {
      trouble = answer;
      if (tape === null) deps.onStatus(status());
    }
    mark(DIRTY.status | DIRTY.allBars);
  }

  function status(): Status {
    if (tape !== null) return wasHeard ? tape.status() : beforeLive(tape.status());
    switch (trouble?.kind) {
      case "refused": {
        const because = { by: "http", status: trouble.status } as const;
        return { kind: "closed", words: "closed", because };
      }
      case "failed":
        return beforeLive({ kind: "reconnecting", words: "reconnecting now" });
      default:
        return { kind: "connecting", words: "connecting" };
    }
  }

  function mark(bits: Dirty): void {
    dirty |= bits;
    deps.onDirty();
  }
}

/** Whether a message from a room that had nothing shows that something has been pushed to it. */
function hasContent(delivery: Delivery): boolean {
  switch (delivery.type) {
    case "events":
    case "gap":
    case "bar":
      return true;
    case "snapshot":
      return (
        delivery.trade !== null ||
        delivery.book !== null ||
        delivery.metrics.length > 0 ||
        delivery.positions.length > 0
      );
    case "caught_up":
    case "error":
      return false;
    default:
      return delivery satisfies never;
  }
}

function wantsToken(because: ClosedBecause): boolean {
  if (because.by === "http") return because.status === 401 || because.status === 403;
  return because.by === "room" && because.code === CLOSE_CODES.tokenExpired.code;
}
