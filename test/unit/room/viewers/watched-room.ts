import type { LogFrame } from "../../../../durable/host/log/host-log.ts";
import { RoomState } from "../../../../durable/room/state/room-state.ts";
import { PAGES_CHARS, PageMemory } from "../../../../durable/room/viewers/replay-pages.ts";
import type {
  Holder,
  ViewerAttachment,
  ViewerSocket,
} from "../../../../durable/room/viewers/viewer.ts";
import { Viewers, type ViewersDeps } from "../../../../durable/room/viewers/viewers.ts";
import type { ServerMessage } from "../../../../src/protocol/socket/server-message.ts";
import type { SymbolName } from "../../../../src/protocol/words/symbol.ts";
import type { Cursor, EpochUs } from "../../../../src/protocol/words/time.ts";
import { FakeTime } from "../fake-time.ts";
import { oneRoom } from "../one-room.ts";
import { memorySql } from "../sqlite-port.ts";

export const ANYBODY: Holder = { key: null, expiresAtMs: null };
export const NOW_US = 1_700_000_000_000_000 as EpochUs;

export class Socket implements ViewerSocket {
  readonly said: ServerMessage[] = [];
  attachment: ViewerAttachment | null = null;
  attempts = 0;
  failsFrom = Number.POSITIVE_INFINITY;
  closed: { code: number; reason: string } | null = null;

  send(text: string): void {
    this.attempts += 1;
    if (this.attempts >= this.failsFrom) throw new TypeError("closed");
    this.said.push(JSON.parse(text) as ServerMessage);
  }
  close(code: number, reason: string): void {
    this.closed = { code, reason };
  }
  saveAttachment(attachment: ViewerAttachment): void {
    this.attachment = structuredClone(attachment);
  }
  pingedMs(): null {
    return null;
  }
  get types(): string[] {
    return this.said.map(({ type }) => type);
  }
}

/** `sendMs`: what a message to a viewer costs, of which one is sent at once, and two in a slice. */
export function roomOf({
  pauseMs = 0,
  sendMs = 0,
  frames = [] as LogFrame[],
  isAway = false,
  expiredThrough = 0,
  pages = new PageMemory(PAGES_CHARS),
} = {}) {
  const time = new FakeTime();
  const sql = memorySql();
  const { log, former, append: appendFrames } = oneRoom(sql, NOW_US, "place");
  const memory = new RoomState(sql, log);
  const deps: ViewersDeps = {
    symbol: "BTC-USD" as SymbolName,
    log,
    windowBytes: 40_000,
    // A message is a frame.
    messageLimits: { events: 50, chars: 40_000 },
    pages,
    pace: {
      sendMs: () => sendMs,
      atOnceMs: 1,
      sliceMs: 2,
      pauseMs: () => pauseMs,
      took: () => undefined,
    },
    foldToHead: () => memory.foldToHead(),
    flushed: () => undefined,
    barsOf: (after, through) => memory.barsOf(after, through),
    forgetBars: (through) => memory.forgetBars(through),
    readArchive: async (after, upTo) => {
      const expired = expiredThrough === 0 ? {} : { expiredThrough: expiredThrough as Cursor };
      const stored = frames.filter(({ cursor }) => cursor > after);
      if (!isAway) return { kind: "frames", frames: stored, through: upTo, ...expired };
      await time.wait(2_000);
      return { kind: "unavailable" };
    },
    nowMs: time.nowMs,
    wait: time.wait,
    keepAwake: (work) => void work,
  };
  const wake = () => new Viewers(deps);
  const viewers = wake();
  /** Appends a frame of 50 points that carry `value`. */
  const append = (value: number) => {
    const event = JSON.stringify({ kind: "metric", ts: NOW_US, metric: "m", value });
    appendFrames([{ text: Array(50).fill(event).join(","), count: 50 }]);
    viewers.published();
  };
  return { time, log, former, viewers, append, wake };
}
