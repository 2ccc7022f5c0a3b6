import type { Status } from "../../../client/status.ts";
import type { Tape, TapeOptions } from "../../../client/tape.ts";
import type { Interval } from "../../../src/protocol/events/bar.ts";
import type { LogId } from "../../../src/protocol/words/log-id.ts";
import type { Cursor } from "../../../src/protocol/words/time.ts";
import type { Span } from "../../data/bars/ranges.ts";
import { type LastPrice, lastPrice } from "../../data/symbols/last-price.ts";
import type { Api } from "../api.ts";
import { openBarFeed } from "../bars/bar-feed.ts";
import type { Clock } from "../clock.ts";
import { DIRTY, type Dirty } from "../dirty.ts";
import type { FeedDeps } from "../feed-deps.ts";
import { run } from "../machine.ts";
import { openPanelFeed } from "../panels/panel-feed.ts";
import { openBookFeed } from "./book-feed.ts";
import { openNoteFeed } from "./note-feed.ts";
import { openOrderFeed } from "./order-feed.ts";
import { openPastFeed } from "./past-feed.ts";
import { openPositionFeed } from "./position-feed.ts";
import { NOTHING_KNOWN, symbolMachine, symbolStatus } from "./symbol-machine.ts";

export interface SymbolFeedDeps extends Clock {
  api: Api;
  openTape(
    options: Pick<TapeOptions, "symbol" | "since" | "log" | "onDelivery" | "onStatus">,
    /** These alone; null: all there are (SPEC ST-9). */
    channels: readonly string[] | null,
  ): Tape;
  /** Something is dirty: paint when it suits. */
  onDirty(): void;
  /** The connection's state has changed. */
  onStatus(status: Status): void;
  /** `detail`: what the token may not. */
  onUnauthorized(detail?: string): void;
}

/** What a feed asks for and is told: all of a symbol, or what its market knows of it, and nothing of who trades there. */
export type Kept = "all" | "prices";

const PRICES = ["trade", "bar"];

export type SymbolFeed = ReturnType<typeof openSymbolFeed>;

/** Everything the page of one symbol shows, kept up to date over one socket until `close`. */
export function openSymbolFeed(
  deps: SymbolFeedDeps,
  symbol: string,
  options: {
    interval: Interval | null;
    span: Span | null;
    keeps: Kept;
    /** Whether the list of symbols has it. */
    isListed: boolean;
  },
) {
  /** Of a symbol that nobody knows bars alone are asked for: each other question would be refused as well. */
  let { isListed: isKnown } = options;
  let dirty: Dirty = 0;
  let tape: Tape | null = null;
  let alertChanges = 0;
  const feed = run(symbolMachine, NOTHING_KNOWN, deps, {
    load() {
      if (isKnown) loadAll();
      bars.load();
    },
    openTape: ({ since }) => openTape(since, null),
    reopenTape() {
      const [since, log] = [tape?.cursor() ?? null, tape?.log() ?? null];
      tape?.close();
      openTape(since, log);
    },
    takeFrame({ frame }) {
      for (const part of parts) part.take(frame);
      if (frame.events.some(({ kind }) => kind === "alert")) alertsChanged();
    },
    takeBar: ({ message }) => bars.takeBar(message),
    takeGap({ gap }) {
      bars.takeGap(gap);
      load();
      alertsChanged();
    },
    tellStatus: ({ status }) => deps.onStatus(status),
    unauthorized: ({ detail }) => deps.onUnauthorized(detail),
    mark: ({ dirty: bits }) => mark(bits),
  });
  const { api, nowMs, setTimer, random } = deps;
  const partDeps: FeedDeps = {
    ...{ api, nowMs, setTimer, random, mark },
    failed: (answer) => feed.send({ type: "failed", answer }),
  };
  const bars = openBarFeed(
    {
      ...partDeps,
      onHistory(cursor) {
        known();
        feed.send({ type: "history", cursor });
      },
      onBars: (fresh) => feed.send({ type: "bars", bars: fresh }),
    },
    symbol,
    options.interval,
  );
  const panels = openPanelFeed(partDeps, symbol, options.span);
  const positions = openPositionFeed(partDeps, symbol);
  const book = openBookFeed(
    { ...partDeps, onLevels: (levels) => feed.send({ type: "levels", levels }) },
    symbol,
  );
  const orders = openOrderFeed(partDeps, symbol);
  const notes = openNoteFeed(partDeps, symbol);
  const past = openPastFeed(partDeps, symbol, (answer) => feed.send({ type: "past", answer }));
  const besides = options.keeps === "all" ? [panels, positions, book, orders, notes] : [];
  const parts = [bars, ...besides];
  feed.send({ type: "load" });

  return {
    keeps: options.keeps,
    /** Whether history has answered once. */
    isLoaded: () => feed.state().isOpen,
    /** Whether nobody has pushed to it so far. */
    isUnknown: () => feed.state().isUnknown,
    /** What the server has against the symbol, in words; null where nothing. */
    refusal: (): string | null => {
      const { trouble } = feed.state();
      return trouble?.kind === "refused" ? trouble.detail : null;
    },
    bars: bars.bars,
    interval: bars.interval,
    elsewhere: bars.elsewhere,
    /** The one last price of the page; null before one is known. */
    last: (): LastPrice | null =>
      lastPrice(bars.newest(), feed.state().trades.latest, bars.minute()),
    /** How prices and sizes of the symbol are written, everywhere on the page. */
    priceDigits: () => feed.state().priceDigits,
    sizeDigits: () => feed.state().sizeDigits,
    chooseInterval: bars.choose,
    loadOlder: bars.loadOlder,
    takeImport: bars.takeImport,
    reach: bars.reach,
    isReached: bars.isReached,
    takeChangedFrom: bars.takeChangedFrom,
    panels: panels.panels,
    panel: panels.panel,
    span: panels.span,
    endUs: panels.endUs,
    chooseSpan: panels.choose,
    trades: () => feed.state().trades,
    gaps: () => feed.state().gaps,
    positions: positions.held,
    book: book.book,
    orders,
    notes: notes.held,
    /** How often what fires may have become something else. */
    alertChanges: () => alertChanges,
    cursor: (): Cursor | null => tape?.cursor() ?? null,
    status: () => symbolStatus(feed.state(), tape?.status() ?? null),
    /** Ask at once what would be asked in a while, or when the room of an unknown symbol says something. */
    retry: () => feed.send({ type: "retry" }),
    /** The list of symbols has it. */
    listed() {
      // Imported bars make no event: it is the list that tells of a symbol nobody knew.
      feed.send({ type: "retry" });
      known();
    },
    /** Go on with another token, with all that is shown. */
    renew: () => feed.send({ type: "renewed" }),
    /** What has changed since the last call. */
    takeDirty(): Dirty {
      const taken = dirty;
      dirty = 0;
      return taken;
    },
    close() {
      feed.stop();
      for (const part of [...parts, past]) part.close();
      tape?.close();
    },
  };

  function openTape(since: Cursor | null, log: LogId | null): void {
    tape = deps.openTape(
      {
        symbol,
        ...(since !== null && { since, log }),
        onDelivery: (delivery) => feed.send({ type: "delivery", delivery }),
        onStatus: (status) => feed.send({ type: "status", status }),
      },
      options.keeps === "all" ? null : PRICES,
    );
  }

  function known(): void {
    if (isKnown) return;
    isKnown = true;
    loadAll();
  }

  function loadAll(): void {
    load();
    if (options.keeps === "all" && past.held() === null) past.load();
  }

  /** But the bars: after a gap they are told of it. */
  function load(): void {
    for (const part of besides) part.load();
  }

  function alertsChanged(): void {
    alertChanges += 1;
    mark(DIRTY.alerts);
  }

  function mark(bits: Dirty): void {
    dirty |= bits;
    deps.onDirty();
  }
}
