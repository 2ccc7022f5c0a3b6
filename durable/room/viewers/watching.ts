import type { JoinRefusal, JoinRequest } from "../../../src/bindings/host.ts";
import { lineOf } from "../../../src/db/driver/database-error.ts";
import type { Bar } from "../../../src/protocol/events/bar.ts";
import { ROOM_SILENCE_MS } from "../../../src/protocol/socket/heartbeat.ts";
import type { BarMessage } from "../../../src/protocol/socket/server-message.ts";
import type { SymbolName } from "../../../src/protocol/words/symbol.ts";
import type { Cursor, EpochUs } from "../../../src/protocol/words/time.ts";
import type { WatchedLog } from "../log/watched-log.ts";
import type { ReadArchive } from "../past/archive.ts";
import type { RoomPorts, RoomSettings } from "../room-ports.ts";
import { LateBars } from "../state/late-bars.ts";
import type { RoomState } from "../state/room-state.ts";
import { ViewerDoor } from "./door/viewer-door.ts";
import type { ViewerSocket } from "./viewer.ts";
import { Viewers } from "./viewers.ts";

export interface WatchingDeps {
  symbol: SymbolName;
  log: WatchedLog;
  state: RoomState;
  settings: RoomSettings;
  ports: Pick<RoomPorts, "clock" | "keepAwake" | "logger" | "pages">;
  readArchive: ReadArchive;
  /** The bar of a minute with every trade up to `through`. */
  readBar: (minuteUs: EpochUs, through: Cursor) => Promise<Bar | null>;
  /** Viewers of the room that are not here; null where none can be. */
  elsewhere: () => number | null;
}

/** What a room has for its viewers: made when the first one comes. */
export class Watching {
  readonly viewers: Viewers;
  readonly door: ViewerDoor;
  readonly #log: WatchedLog;
  readonly #state: RoomState;
  readonly #ports: WatchingDeps["ports"];
  readonly #elsewhere: WatchingDeps["elsewhere"];

  constructor(deps: WatchingDeps) {
    const { symbol, log, state, settings, ports, readArchive, readBar, elsewhere } = deps;
    const { clock, keepAwake, logger, pages } = ports;
    const { nowMs, wait } = clock;
    const { limits, windowBytes, messageLimits, pace } = settings;
    this.#log = log;
    this.#state = state;
    this.#ports = ports;
    this.#elsewhere = elsewhere;
    const lateBars = new LateBars({
      takeMinutes: (most) => state.takeOldMinutes(most),
      liveThrough: () => this.viewers.liveThrough,
      readBar,
      send: (message) => this.viewers.tellLive(message),
      ...{ wait, keepAwake },
      failed: (error) => {
        const { level, fields } = lineOf(error);
        logger[level]("late_bars_untold", fields);
      },
    });
    this.viewers = new Viewers({
      ...{ symbol, log, windowBytes, messageLimits, pages, pace, nowMs, wait, keepAwake },
      readArchive,
      foldToHead: () => state.foldToHead(),
      flushed: () => {
        if (state.hasOldMinutes) lateBars.kick();
      },
      barsOf: (after, through) => state.barsOf(after, through),
      forgetBars: (through) => state.forgetBars(through),
    });
    this.door = new ViewerDoor(this.viewers, limits, () => elsewhere() ?? 0);
  }

  /** A viewer connects, if it may; `accept` makes its socket. */
  join(request: JoinRequest, accept: () => ViewerSocket): JoinRefusal | null {
    const { clock, logger } = this.#ports;
    const refusal = this.door.refusalOf(request, clock.nowMs());
    if (refusal !== null) return refusal;
    const { symbol, since, log, viewerKey: key, expiresAtMs, correlationId } = request;
    this.viewers.join(accept(), since, { key, expiresAtMs }, log);
    // A thousand viewers may come back in a second, and a line for each would be a part of what that takes.
    if (logger.isEnabledFor("debug")) {
      const viewers = this.viewers.size;
      logger.debug("viewer_joined", { correlation_id: correlationId, symbol, since, viewers });
    }
    return null;
  }

  /** When a token ends or a viewer may have gone silent, in ms; null where nobody is here. */
  viewersDueMs(nowMs: number): number | null {
    const { size, nextEndMs } = this.viewers;
    return size === 0 ? null : Math.min(nowMs + ROOM_SILENCE_MS, nextEndMs);
  }

  /** When viewers, here or elsewhere, have to be told that the last bar is closed, in ms; null where they need not. */
  barDueMs(nowMs: number): number | null {
    if (!this.#isWatched) return null;
    // For those who are elsewhere nothing is folded before an alarm asks: an acknowledgement would wait for that.
    const isFolded = this.#state.foldedThrough >= this.#log.head;
    if (this.viewers.liveThrough === null && !isFolded) return nowMs + ROOM_SILENCE_MS;
    const { barDueUs } = this.#state;
    return barDueUs === null ? null : Math.ceil(barDueUs / 1_000);
  }

  get #isWatched(): boolean {
    return this.viewers.liveThrough !== null || this.#elsewhere() !== null;
  }

  /**
   * Says that the last bar before a silence is closed, to those who have all that is in it. Gives it where it has just been closed:
   * those who are elsewhere have to be told.
   */
  closeBar(momentUs: EpochUs): BarMessage | null {
    const { liveThrough } = this.viewers;
    if (liveThrough !== null && liveThrough !== this.#log.head) return null;
    if (!this.#isWatched || (this.#state.barDueUs ?? momentUs + 1) > momentUs) return null;
    const bar = this.#state.closeBar();
    if (bar !== null) this.viewers.tellLive(bar);
    return bar;
  }
}
