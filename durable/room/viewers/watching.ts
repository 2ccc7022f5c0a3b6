import { lineOf } from "../../../src/db/driver/database-error.ts";
import type { SymbolName } from "../../../src/protocol/symbol.ts";
import type { EpochUs } from "../../../src/protocol/time.ts";
import type { RoomLog } from "../log/room-log.ts";
import type { ReadArchive } from "../past/archive.ts";
import type { RoomPorts, RoomSettings } from "../room-ports.ts";
import { LateBars } from "../state/late-bars.ts";
import { readMinute } from "../state/read-minute.ts";
import type { RoomState } from "../state/room-state.ts";
import { ViewerDoor } from "./viewer-door.ts";
import { Viewers } from "./viewers.ts";

export interface WatchingDeps {
  symbol: SymbolName;
  log: RoomLog;
  state: RoomState;
  settings: RoomSettings;
  ports: Pick<RoomPorts, "clock" | "keepAwake" | "archive" | "logger">;
  readArchive: ReadArchive;
}

/** What a room has for its viewers: made when the first one comes. */
export class Watching {
  readonly viewers: Viewers;
  readonly door: ViewerDoor;
  readonly #log: RoomLog;
  readonly #state: RoomState;

  constructor({ symbol, log, state, settings, ports, readArchive }: WatchingDeps) {
    const { clock, keepAwake, archive, logger } = ports;
    const { nowMs, wait } = clock;
    const { limits, windowBytes, messageLimits, pace } = settings;
    this.#log = log;
    this.#state = state;
    const lateBars = new LateBars({
      takeMinutes: (most) => state.takeOldMinutes(most),
      liveThrough: () => this.viewers.liveThrough,
      readBar: (minuteUs, through) => readMinute(archive, log, minuteUs, through),
      send: (message) => this.viewers.tellLive(message),
      ...{ wait, keepAwake },
      failed: (error) => {
        const { level, fields } = lineOf(error);
        logger[level]("late_bars_untold", fields);
      },
    });
    this.viewers = new Viewers({
      ...{ symbol, log, windowBytes, messageLimits, pace, nowMs, wait, keepAwake, readArchive },
      foldToHead: () => state.foldToHead(),
      flushed: () => {
        if (state.hasOldMinutes) lateBars.kick();
      },
      takeBars: (after, through) => state.takeBars(after, through),
    });
    this.door = new ViewerDoor(this.viewers, limits);
  }

  /** When a token ends, and when viewers have to be told that the last bar is closed; null where they need not. */
  get due(): { nextEndMs: number; barDueUs: EpochUs | null } {
    const { nextEndMs, liveThrough } = this.viewers;
    return { nextEndMs, barDueUs: liveThrough === null ? null : this.#state.barDueUs };
  }

  /** Says that the last bar before a silence is closed, to those who have all that is in it. */
  closeBar(momentUs: EpochUs): void {
    if (this.viewers.liveThrough !== this.#log.head) return;
    if ((this.#state.barDueUs ?? Number.POSITIVE_INFINITY) > momentUs) return;
    const bar = this.#state.closeBar();
    if (bar !== null) this.viewers.tellLive(bar);
  }
}
