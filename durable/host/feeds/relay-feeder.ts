import type { FedRoom, FeedAnswer, RelayFeed } from "../../../src/bindings/relay.ts";
import { fullJitterMs } from "../../../src/core/limits/backoff.ts";
import type { RelayName } from "../../../src/core/placement/relaying.ts";
import type { LogId } from "../../../src/protocol/words/log-id.ts";
import type { SymbolName } from "../../../src/protocol/words/symbol.ts";
import type { Cursor } from "../../../src/protocol/words/time.ts";
import type { Logger } from "../../../src/telemetry/log.ts";
import type { Clock } from "../../clock.ts";
import type { RoomLog } from "../../room/log/room-log.ts";
import type { WatchedLog } from "../../room/log/watched-log.ts";

/** Most text of one feed, but for a frame that is longer. */
const FEED_CHARS = 1024 * 1024;
/** Most symbols of one feed that have come. */
const MOST_BORN = 10_000;
/** A relay that has not answered for so long has not been reached, in ms. */
const ANSWER_MS = 10_000;
/** One that could not be reached for so long is fed no more: if it lives it finds that out, and asks anew. */
const STRUCK_OFF_MS = 30_000;
const BACKOFF = { baseMs: 250, capMs: 5_000 };

/** A room as it is fed from. */
export type FedLog = Pick<RoomLog, "lastFrame"> & Pick<WatchedLog, "prunedThrough" | "framesAfter">;

export interface RelayFeederDeps {
  relay: RelayName;
  log: LogId;
  /** The log of a symbol's room; null while nobody may be told of it, for it has no place yet. */
  logOf: (symbol: SymbolName) => FedLog | null;
  feed: (feed: RelayFeed) => Promise<FeedAnswer>;
  /** The relay does not watch the symbol any more. */
  ended: (symbol: SymbolName) => void;
  /** The relay waits for no symbols that come any more. */
  namesIgnored: () => void;
  /** The relay could not be reached for too long. */
  struckOff: () => void;
  clock: Pick<Clock, "wait" | "within">;
  random: () => number;
  keepAwake: (work: Promise<void>) => void;
  logger: Logger;
}

/** A symbol that a relay watches. */
interface Watch {
  /** The newest frame that it was fed; null where the room had no place yet when the host woke. */
  fed: Cursor | null;
  /** It has to be told where the room was when the host woke, for nobody knows how far it was fed. */
  isUnsure: boolean;
  /** What has to be said of the newest bar. */
  barClosed: FedRoom["barClosed"];
  /** The symbol is on another host, which has to be said. */
  isGone: boolean;
  viewers: number;
  /** Counts how often the relay has asked: what was sent before it asked again says nothing. */
  asked: number;
}

interface Sent {
  symbol: SymbolName;
  watch: Watch;
  asked: number;
  /** The newest frame that the relay has when it has taken this. */
  upTo: Cursor;
  barClosed: FedRoom["barClosed"];
}

interface Part {
  feed: RelayFeed;
  /** By place of the feed's rooms, and behind them of those that are gone. */
  sent: Sent[];
  namesAsked: number;
}

/**
 * Feeds one relay what is appended to the rooms that it watches: one feed under way at a time, the next with all that has come since.
 * Nobody waits for it. How far each room was fed is known in memory alone; after a wake each is told where its log was, so a relay
 * that missed something of a host that died finds out.
 */
export class RelayFeeder {
  readonly #deps: RelayFeederDeps;
  readonly #watches = new Map<SymbolName, Watch>();
  /** Symbols that there is something to say of. */
  readonly #due = new Set<SymbolName>();
  #isRunning = false;
  /** It is told of symbols that come. */
  watchesNames = false;
  /** Counts how often it has asked for them: what was answered before it asked again says nothing. */
  #namesAsked = 0;
  /** Those it has not been told of. */
  readonly #born = new Set<SymbolName>();

  constructor(deps: RelayFeederDeps) {
    this.#deps = deps;
  }

  /** What it watches. */
  get size(): number {
    return this.#watches.size + Number(this.watchesNames);
  }

  /** Viewers of a symbol there; null where it is not watched. */
  viewersOf(symbol: SymbolName): number | null {
    return this.#watches.get(symbol)?.viewers ?? null;
  }

  /** The relay has watched the symbol since before the host slept. `fed`: up to here it was fed, where the host has slept well. */
  resume(symbol: SymbolName, fed: Cursor | null): void {
    const watch = { fed, barClosed: null, isGone: false, viewers: 0, asked: 0 };
    this.#watches.set(symbol, { ...watch, isUnsure: true });
    this.#mark(symbol);
  }

  /** The relay is about to be told everything up to `head`. */
  watch(symbol: SymbolName, head: Cursor, viewers: number): void {
    const asked = (this.#watches.get(symbol)?.asked ?? 0) + 1;
    const watch = { fed: head, barClosed: null, isGone: false, viewers, asked };
    this.#watches.set(symbol, { ...watch, isUnsure: false });
  }

  unwatch(symbol: SymbolName): void {
    this.#watches.delete(symbol);
    this.#due.delete(symbol);
  }

  /** The relay says how many viewers it has; false where it is not fed of the symbol. */
  setViewers(symbol: SymbolName, viewers: number): boolean {
    const watch = this.#watches.get(symbol);
    if (watch !== undefined) watch.viewers = viewers;
    return watch !== undefined;
  }

  watchNames(): void {
    this.watchesNames = true;
    this.#namesAsked += 1;
  }

  /** These symbols have come. */
  born(symbols: readonly SymbolName[]): void {
    if (!this.watchesNames) return;
    for (const symbol of symbols) this.#born.add(symbol);
    this.#begin();
  }

  /** There is more of a room. */
  published(symbol: SymbolName): void {
    if (this.#watches.has(symbol)) this.#mark(symbol);
  }

  barClosed(symbol: SymbolName, closed: NonNullable<FedRoom["barClosed"]>): void {
    const watch = this.#watches.get(symbol);
    if (watch === undefined) return;
    watch.barClosed = closed;
    this.#mark(symbol);
  }

  /** The symbol is on another host. */
  dismiss(symbol: SymbolName): void {
    const watch = this.#watches.get(symbol);
    if (watch === undefined) return;
    watch.isGone = true;
    this.#mark(symbol);
  }

  #mark(symbol: SymbolName): void {
    this.#due.add(symbol);
    this.#begin();
  }

  #begin(): void {
    if (this.#isRunning) return;
    this.#isRunning = true;
    this.#deps.keepAwake(this.#run());
  }

  async #run(): Promise<void> {
    // The acknowledgement goes first.
    await this.#deps.clock.wait(0);
    try {
      let failures = 0;
      let waitedMs = 0;
      for (let part = this.#nextPart(); part !== null; part = this.#nextPart()) {
        const answer = await this.#send(part);
        if (answer !== null) {
          this.#taken(part, answer);
          failures = 0;
          waitedMs = 0;
          continue;
        }
        for (const { symbol } of part.sent) if (this.#watches.has(symbol)) this.#due.add(symbol);
        for (const symbol of part.feed.born ?? []) this.#born.add(symbol);
        if (waitedMs >= STRUCK_OFF_MS) return this.#strikeOff();
        const waitMs = BACKOFF.baseMs + fullJitterMs(failures, BACKOFF, this.#deps.random);
        failures += 1;
        waitedMs += waitMs;
        await this.#deps.clock.wait(waitMs);
      }
    } finally {
      this.#isRunning = false;
    }
  }

  #strikeOff(): void {
    const { logger, relay, struckOff } = this.#deps;
    logger.warn("relay_struck_off", { relay, rooms: this.#watches.size });
    this.#watches.clear();
    this.#due.clear();
    this.#born.clear();
    this.watchesNames = false;
    struckOff();
  }

  async #send({ feed }: Part): Promise<FeedAnswer | null> {
    const { clock, logger, relay } = this.#deps;
    try {
      const answer = this.#deps.feed(feed);
      if (await clock.within(answer, ANSWER_MS)) return await answer;
      // Nobody waits for it any more.
      answer.catch(() => undefined);
    } catch (error) {
      logger.debug("relay_unfed", { relay, error: String(error) });
    }
    return null;
  }

  #taken({ sent, feed, namesAsked }: Part, { viewers, ignoresNames }: FeedAnswer): void {
    if (ignoresNames === true && namesAsked === this.#namesAsked) {
      this.watchesNames = false;
      this.#deps.namesIgnored();
    }
    for (const [at, { symbol, watch, asked, upTo, barClosed }] of sent.entries()) {
      // It has been asked for anew since, or given up.
      if (this.#watches.get(symbol) !== watch || watch.asked !== asked) continue;
      const count = at < feed.rooms.length ? (viewers[at] ?? null) : null;
      if (count === null) {
        this.unwatch(symbol);
        this.#deps.ended(symbol);
        continue;
      }
      watch.viewers = count;
      watch.fed = upTo;
      watch.isUnsure = false;
      if (watch.barClosed === barClosed) watch.barClosed = null;
    }
  }

  /** As much as one feed may hold of what is due; null where nothing is. */
  #nextPart(): Part | null {
    const rooms: FedRoom[] = [];
    const gone: SymbolName[] = [];
    const sentRooms: Sent[] = [];
    const sentGone: Sent[] = [];
    let chars = 0;
    for (const symbol of [...this.#due]) {
      if (chars >= FEED_CHARS) break;
      this.#due.delete(symbol);
      const watch = this.#watches.get(symbol);
      if (watch === undefined) continue;
      const sent = { symbol, watch, asked: watch.asked };
      if (watch.isGone) {
        gone.push(symbol);
        sentGone.push({ ...sent, upTo: 0 as Cursor, barClosed: null });
        continue;
      }
      const log = this.#deps.logOf(symbol);
      const next = log === null ? null : roomOf(symbol, watch, log, FEED_CHARS - chars);
      if (next === null) continue;
      const { room, upTo, isCut } = next;
      for (const { text } of room.frames) chars += text.length;
      if (isCut) this.#due.add(symbol);
      rooms.push(room);
      sentRooms.push({ ...sent, upTo, barClosed: room.barClosed });
    }
    const born = [...this.#born].slice(0, MOST_BORN);
    for (const symbol of born) this.#born.delete(symbol);
    if (rooms.length === 0 && gone.length === 0 && born.length === 0) return null;
    const feed = { log: this.#deps.log, rooms, gone, ...(born.length > 0 && { born }) };
    return { feed, sent: [...sentRooms, ...sentGone], namesAsked: this.#namesAsked };
  }
}

/** The next frames of a room, at least one where there is any; null where there is nothing to say. */
function roomOf(
  symbol: SymbolName,
  { fed, isUnsure, barClosed }: Watch,
  log: FedLog,
  most: number,
): { room: FedRoom; upTo: Cursor; isCut: boolean } | null {
  const { lastFrame, prunedThrough } = log;
  // Where nobody knows how far it was fed, or that is in the log no more, the relay is told where the log is, and asks.
  if (fed === null || fed < Math.min(prunedThrough, lastFrame)) {
    const room = { symbol, after: lastFrame, frames: [], barClosed: null };
    return { room, upTo: lastFrame, isCut: false };
  }
  const room: FedRoom = { symbol, after: fed, frames: [], barClosed: null };
  let upTo = fed;
  let chars = 0;
  let isCut = false;
  for (const frame of log.framesAfter(fed, lastFrame)) {
    isCut = chars >= most;
    if (isCut) break;
    room.frames.push(frame);
    upTo = frame.cursor;
    chars += frame.text.length;
  }
  if (barClosed !== null && (!isCut || barClosed.at <= upTo)) room.barClosed = barClosed;
  if (room.frames.length === 0 && room.barClosed === null && !isUnsure) return null;
  return { room, upTo, isCut };
}
