import type { JoinRefusal, JoinRequest } from "../../src/bindings/host.ts";
import type { FeedAnswer, RelayFeed, WatchedRoom } from "../../src/bindings/relay.ts";
import { fullJitterMs } from "../../src/core/limits/backoff.ts";
import { ROOM_SILENCE_MS } from "../../src/protocol/socket/heartbeat.ts";
import type { LiveBar } from "../../src/protocol/socket/server-message.ts";
import type { LogId } from "../../src/protocol/words/log-id.ts";
import type { SymbolName } from "../../src/protocol/words/symbol.ts";
import type { Cursor } from "../../src/protocol/words/time.ts";
import { earliestDueMs, nextAlarmMs } from "../host/alarm-time.ts";
import { FanOut } from "../host/fan-out.ts";
import type { ArchiveAnswer } from "../room/past/archive.ts";
import { PAGES_AT_ONCE, ReadTurns } from "../room/past/read-turns.ts";
import { PingWatch } from "../room/viewers/door/ping-watch.ts";
import { PAGES_CHARS, PageMemory } from "../room/viewers/replay-pages.ts";
import type { ViewerAttachment, ViewerSocket } from "../room/viewers/viewer.ts";
import { RelayFrames } from "./relay-log.ts";
import type { RelayPorts, RelaySettings } from "./relay-ports.ts";
import { RelayRoom } from "./relay-room.ts";
import { type SentThrough, SentThroughRow } from "./sent-through.ts";

/** Whoever comes waits so long for the host to say where the room is, in ms. */
const KNOWN_WITHIN_MS = 5_000;
const NOT_KNOWN_RETRY_S = 1;
/** Viewers wait so long for a host that cannot be reached, in ms. Then they are to come back. */
const PATIENCE_MS = 30_000;
const BACKOFF = { baseMs: 250, capMs: 5_000 };
/** So often the host is asked whether it still feeds what is watched here; and a room that nobody watches is kept so long. */
const LOOK_EVERY_MS = 60_000;
/** Nothing has come for so long: what was sent is written down, for the relay may sleep then. */
const QUIET_MS = 1_000;

/**
 * A relay: viewers of one host's rooms, in another place than the host, put together over ports. One of these is one waking life. The
 * host feeds it what comes; what came before it asks the host for.
 */
export class RelayCore {
  readonly #ports: RelayPorts;
  readonly #settings: RelaySettings;
  readonly #rooms = new Map<SymbolName, RelayRoom>();
  readonly #frames: RelayFrames;
  readonly #row: SentThroughRow;
  readonly #turns = new ReadTurns(PAGES_AT_ONCE);
  readonly #pages = new PageMemory(PAGES_CHARS);
  readonly #pings: PingWatch;
  readonly #fanOut: FanOut;
  /** Work under way whose end may have moved somebody on. */
  #hasMoved = false;
  #isNoting = false;
  /** Null in a life that has not looked yet. */
  #lookedAtMs: number | null = null;
  /** What the host is told that nobody watches: it hears of that before the same symbol is watched again. */
  #unwatching: Promise<void> = Promise.resolve();

  /** `asleep`: the sockets that slept with the relay, each with its room. */
  constructor(
    settings: RelaySettings,
    ports: RelayPorts,
    asleep: Iterable<readonly [SymbolName, ViewerSocket, ViewerAttachment]>,
  ) {
    this.#settings = settings;
    this.#ports = ports;
    this.#frames = new RelayFrames(settings.recentBytes);
    this.#row = new SentThroughRow(ports.sql, ports.rowId);
    const { nowMs, wait } = ports.clock;
    this.#pings = new PingWatch({
      setAutoResponse: (isOn) => ports.setAutoResponse(isOn),
      ...{ nowMs, wait, keepAwake: (work) => ports.keepAwake(work) },
    });
    this.#fanOut = new FanOut({
      ...{ pace: settings.pace, nowMs, wait, keepAwake: (work) => this.#keepAwake(work) },
    });
    this.#wake(asleep, this.#row.read());
  }

  get viewers(): number {
    let viewers = 0;
    for (const room of this.#rooms.values()) viewers += room.viewers;
    return viewers;
  }

  /** The newest cursor that it has been fed of any room. */
  get head(): Cursor {
    let head = 0;
    for (const room of this.#rooms.values()) head = Math.max(head, room.head ?? 0);
    return head as Cursor;
  }

  /** See `RelayCalls`. */
  feed({ log, rooms, gone }: RelayFeed): FeedAnswer {
    this.#meetLog(log);
    for (const symbol of gone) this.#end(symbol);
    const grown: RelayRoom[] = [];
    const fed = rooms.map((each) => {
      const room = this.#rooms.get(each.symbol);
      if (room === undefined) return null;
      if (room.feed(each)) grown.push(room);
      if (room.mustAsk) this.#ask(room);
      return room;
    });
    // Who turns out to have gone is not counted.
    this.#fanOut.published(grown);
    const viewers = fed.map((room) => room?.viewers ?? null);
    this.#noteSent();
    return { viewers };
  }

  /** A viewer connects; `accept` makes its socket, and is called only where it may come in. */
  async join(request: JoinRequest, accept: () => ViewerSocket): Promise<JoinRefusal | null> {
    const { symbol, since } = request;
    const room = this.#roomOf(symbol);
    room.joining += 1;
    try {
      const { clock } = this.#ports;
      // What was asked before the viewer came may not know its cursor.
      if (room.asking !== null) await clock.within(room.asking, KNOWN_WITHIN_MS);
      const asked = room.lacks(since) ? this.#ask(room) : null;
      const isAnswered =
        asked === null || ((await clock.within(asked, KNOWN_WITHIN_MS)) && (await asked));
      // The room may have gone meanwhile, as where the symbol went to another host.
      if (!isAnswered || room.isBehind || this.#rooms.get(symbol) !== room) {
        return { kind: "refused", reason: "not_known_yet", retryAfterS: NOT_KNOWN_RETRY_S };
      }
      return room.join(request, accept);
    } finally {
      room.joining -= 1;
      this.#noteSent();
      this.#armAlarm([room]);
    }
  }

  /** Viewers are to come back: the runtime is about to be replaced. */
  sayGoodbye(): void {
    for (const symbol of this.#rooms.keys()) this.#end(symbol);
  }

  /** A viewer said something. */
  heard(symbol: SymbolName, socket: ViewerSocket, data: string | ArrayBuffer): void {
    this.#rooms.get(symbol)?.heard(socket, data);
    this.#noteSent();
  }

  /** The 1 m bar of a room that is growing; null where there is none. */
  barOf(symbol: SymbolName): LiveBar | null {
    return this.#rooms.get(symbol)?.bar ?? null;
  }

  /** A window that a viewer shares with others has room again. */
  goOn(symbol: SymbolName, socket: ViewerSocket): void {
    this.#rooms.get(symbol)?.goOn(socket);
    this.#noteSent();
  }

  /** A viewer's socket closed or failed. */
  left(symbol: SymbolName, socket: ViewerSocket): void {
    this.#rooms.get(symbol)?.left(socket);
    this.#noteSent();
  }

  /** Looks after silent viewers, rooms that nobody watches any more, and whether the host still knows of this relay. */
  async alarm(): Promise<void> {
    const { clock, sockets } = this.#ports;
    const nowMs = clock.nowMs();
    this.#pings.look(sockets());
    for (const room of this.#rooms.values()) room.alarm();
    this.#unwatch(nowMs);
    // A relay that sleeps between its alarms does not remember when it looked: one alarm of those in a minute does it.
    const isDue =
      this.#lookedAtMs === null
        ? nowMs % LOOK_EVERY_MS < ROOM_SILENCE_MS
        : Math.abs(nowMs - this.#lookedAtMs) >= LOOK_EVERY_MS;
    if (isDue && this.#rooms.size > 0) {
      this.#lookedAtMs = nowMs;
      this.#ports.keepAwake(this.#look());
    }
    this.#noteSent();
    this.#armAlarm([...this.#rooms.values()]);
  }

  #wake(
    asleep: Iterable<readonly [SymbolName, ViewerSocket, ViewerAttachment]>,
    sent: SentThrough | null,
  ): void {
    const bySymbol = Map.groupBy(asleep, ([symbol]) => symbol);
    if (bySymbol.size === 0) return;
    this.#frames.logId = sent?.log ?? null;
    for (const [symbol, each] of bySymbol) {
      const room = this.#roomOf(symbol);
      const sleepers = each.map(([, socket, attachment]) => ({ socket, attachment }));
      room.wake(sleepers, sent?.rooms.get(symbol) ?? null);
      if (room.mustAsk) this.#ask(room);
    }
  }

  #roomOf(symbol: SymbolName): RelayRoom {
    const known = this.#rooms.get(symbol);
    if (known !== undefined) return known;
    const { sql, clock, logger, host } = this.#ports;
    const room = new RelayRoom(symbol, {
      ...{ frames: this.#frames, settings: this.#settings, sql, clock, logger },
      ...{ turns: this.#turns, pages: this.#pages },
      keepAwake: (work) => this.#keepAwake(work),
      readPage: (after, upTo) => this.#readPage(symbol, after, upTo),
      readBar: (minuteUs, through) => host.readMinute(symbol, minuteUs, through),
    });
    this.#rooms.set(symbol, room);
    return room;
  }

  /** Asks the host where a room is, until it says so. False where it does not for long. */
  #ask(room: RelayRoom): Promise<boolean> {
    if (room.asking === null) {
      room.asking = this.#askOn(room);
      this.#keepAwake(room.asking.then(() => undefined));
    }
    return room.asking;
  }

  async #askOn(room: RelayRoom): Promise<boolean> {
    const { clock, random, logger, name } = this.#ports;
    try {
      for (let attempt = 0, waitedMs = 0; ; attempt += 1) {
        if (await this.#begins(room)) return true;
        if (this.#rooms.get(room.symbol) !== room) return false;
        if (waitedMs >= PATIENCE_MS) break;
        const waitMs = attempt === 0 ? 0 : BACKOFF.baseMs + fullJitterMs(attempt, BACKOFF, random);
        waitedMs += waitMs;
        await clock.wait(waitMs);
      }
      logger.warn("relay_unanswered", { relay: name, symbol: room.symbol });
      if (room.isBehind) this.#end(room.symbol);
      return false;
    } finally {
      room.asking = null;
    }
  }

  async #begins(room: RelayRoom): Promise<boolean> {
    const { host, name, logger } = this.#ports;
    const { symbol } = room;
    await this.#unwatching;
    try {
      const answer = await host.watch(name, { symbol, viewers: room.viewers });
      if (answer.kind !== "watched") return false;
      this.#meetLog(answer.log, room.isFresh ? room : null);
      for (const log of answer.former) this.#frames.former.add(log);
      return this.#rooms.get(symbol) === room && room.begin(answer);
    } catch (error) {
      logger.debug("relay_unanswered", { relay: name, symbol, error: String(error) });
      return false;
    }
  }

  /** A host that was made anew has another log: nothing of what is here is of it, and whoever is here comes back to learn that. */
  #meetLog(log: LogId, but: RelayRoom | null = null): void {
    const { logId } = this.#frames;
    if (logId === log) return;
    for (const [symbol, room] of this.#rooms) {
      // One that has yet to begin has nothing of the other.
      if (logId !== null && room !== but) this.#end(symbol);
    }
    this.#frames.logId = log;
    this.#frames.former.clear();
  }

  /** A room goes, and its viewers are to come back. */
  #end(symbol: SymbolName): void {
    const room = this.#rooms.get(symbol);
    this.#rooms.delete(symbol);
    room?.dismiss();
    room?.drop();
  }

  async #readPage(symbol: SymbolName, after: Cursor, upTo: Cursor): Promise<ArchiveAnswer> {
    try {
      const page = await this.#ports.host.readPage(symbol, after, upTo);
      // The host has been patient with Postgres.
      return page.kind === "unavailable" ? { kind: "broken" } : page;
    } catch {
      return { kind: "busy" };
    }
  }

  /** Rooms that nobody has watched for a while go, and the host hears of it. */
  #unwatch(nowMs: number): void {
    const unused: SymbolName[] = [];
    for (const [symbol, room] of this.#rooms) {
      const isUsed = room.viewers > 0 || room.joining > 0 || room.asking !== null;
      // What was noted later than now was noted before the clock was turned back.
      room.emptySinceMs = isUsed ? null : Math.min(room.emptySinceMs ?? nowMs, nowMs);
      if (room.emptySinceMs === null || nowMs - room.emptySinceMs < LOOK_EVERY_MS) continue;
      unused.push(symbol);
      this.#end(symbol);
    }
    if (unused.length === 0) return;
    const { host, name } = this.#ports;
    // Where that fails the host hears it as the answer to its next feed.
    const told = this.#unwatching.then(() => host.unwatch(name, unused)).catch(() => undefined);
    this.#unwatching = told;
    this.#keepAwake(told);
  }

  async #look(): Promise<void> {
    const { host, name, logger } = this.#ports;
    const rooms = [...this.#rooms.values()];
    const watched = rooms.map(({ symbol, viewers }): WatchedRoom => ({ symbol, viewers }));
    try {
      const { log, elsewhere } = await host.stillWatches(name, watched);
      this.#meetLog(log);
      for (const [at, room] of rooms.entries()) {
        const others = elsewhere[at] ?? null;
        if (others !== null) room.elsewhere = others;
        else if (this.#rooms.get(room.symbol) === room) this.#ask(room);
      }
    } catch (error) {
      logger.debug("relay_unanswered", { relay: name, error: String(error) });
      this.#lookedAtMs = null;
    }
  }

  #keepAwake(work: Promise<void>): void {
    this.#ports.keepAwake(work.finally(() => this.#noteSent()));
  }

  /** Somebody may have been sent more: that is written down once all is quiet, for before that the relay cannot sleep. */
  #noteSent(): void {
    this.#hasMoved = true;
    if (this.#isNoting) return;
    this.#isNoting = true;
    this.#ports.keepAwake(this.#noteWhenQuiet());
  }

  async #noteWhenQuiet(): Promise<void> {
    while (this.#hasMoved) {
      this.#hasMoved = false;
      await this.#ports.clock.wait(QUIET_MS);
    }
    this.#isNoting = false;
    const { logId } = this.#frames;
    const rooms = new Map<SymbolName, Cursor>();
    for (const [symbol, { liveThrough }] of this.#rooms) {
      if (liveThrough !== null) rooms.set(symbol, liveThrough);
    }
    this.#row.save(logId === null || this.viewers === 0 ? null : { log: logId, rooms });
  }

  /** `rooms`: whatever may have become due sooner than before. */
  #armAlarm(rooms: readonly RelayRoom[]): void {
    const { clock, alarm, closingSockets } = this.#ports;
    const nowMs = clock.nowMs();
    // Also one that nobody is in has to be looked after, until it goes.
    const silentMs = nowMs + ROOM_SILENCE_MS;
    const dueMs = rooms.length === 0 ? null : (earliestDueMs(rooms, nowMs) ?? silentMs);
    const isClosing = closingSockets() > 0;
    const atMs = nextAlarmMs({ nowMs, armedAtMs: alarm.atMs(), outboxBytes: 0, isClosing, dueMs });
    if (atMs !== null) alarm.set(atMs);
  }
}
