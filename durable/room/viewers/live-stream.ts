import type { Cursor } from "../../../src/protocol/words/time.ts";
import type { WatchedLog } from "../log/watched-log.ts";
import type { FanOutPace } from "./fan-out-pace.ts";
import { type LiveGroup, LiveGroups } from "./live-groups.ts";
import { charsOf, type MessageLimits, messagesOf, type ReadyMessage } from "./messages/messages.ts";
import { fallBehind, isWindowFull, saveAttachment, saveIfStale, type Viewer } from "./viewer.ts";
import { type Mark, SentBytes } from "./window.ts";

export interface LiveStreamDeps {
  log: WatchedLog;
  /** Marks of the stream lie so far apart, in bytes. */
  grainBytes: number;
  pace: FanOutPace;
  messageLimits: MessageLimits;
  /** Bars that the frames after `after` and up to `through` closed or corrected. */
  barsOf: (after: Cursor, through: Cursor) => string[];
  /** Every live viewer has the bars of the frames up to here. */
  forgetBars: (through: Cursor) => void;
  /** Sends to one viewer; where its socket has failed the viewer leaves. */
  send: (viewer: Viewer, text: string) => void;
  /** Time has passed: whoever must not be sent more leaves now. */
  closeEnded: () => void;
  /** The stream has come further, so those who wait for it may go on. */
  moved: () => void;
  nowMs: () => number;
  wait: (ms: number) => Promise<void>;
  /** Keeps the object awake until the work is done. */
  keepAwake: (work: Promise<void>) => void;
}

/** What a slice is sent: everything behind a place in the log, as far as a message goes. */
interface Next {
  message: ReadyMessage;
  bars: string[];
}

/**
 * Sends what is appended to the live viewers of a room. To a few it goes at once. To many it goes after the acknowledgement, in
 * slices between which the event loop has a turn. Each slice is sent all that its viewers lack by then, those who lack most first:
 * what comes in the middle of a round need not wait for its end. So live viewers stand at several places (`LiveGroups`), and
 * whoever goes live joins those who have most.
 */
export class LiveStream {
  /** Of what the foremost viewers were sent. */
  readonly sent: SentBytes;
  readonly #deps: LiveStreamDeps;
  readonly #live = new LiveGroups();
  #front: Mark;
  #isRunning = false;
  /** Sent since the event loop had a turn, in ms, and when that began. */
  #slice = { spentMs: 0, beganMs: 0 };
  #isHeadAwaited = false;
  #isRestartDue = false;

  constructor(deps: LiveStreamDeps) {
    this.#deps = deps;
    this.sent = new SentBytes(deps.grainBytes);
    // A room sleeps only when everything has been sent, so whoever was live before it woke has the whole log.
    this.#front = { cursor: deps.log.head, bytes: 0 };
  }

  get size(): number {
    return this.#live.size;
  }

  /** The foremost live viewers have been sent the log up to here: who has it goes live. */
  get front(): Cursor {
    return this.#front.cursor;
  }

  /** Every live viewer has been sent the log up to here. */
  get through(): Cursor {
    return this.#live.oldest?.at.cursor ?? this.#front.cursor;
  }

  /** A viewer that has been sent everything up to `front` is live from here on. */
  enter(viewer: Viewer): void {
    viewer.phase = { kind: "live" };
    viewer.ackedLive = this.#front.bytes;
    this.#live.add(viewer, this.#front);
    saveAttachment(viewer, this.sent);
  }

  /** A viewer that slept with the room is live as it was. */
  reenter(viewer: Viewer): void {
    this.#live.add(viewer, this.#front);
  }

  leave(viewer: Viewer): void {
    this.#live.delete(viewer);
  }

  /** A message beside the log, to every live viewer that was sent the log up to `from`. */
  tell(text: string, from: Cursor): void {
    for (const viewer of [...this.#live.viewers()]) {
      if (viewer.sentLive.cursor >= from) this.#deps.send(viewer, text);
    }
  }

  /** Nobody is there who would have to be sent what was appended. */
  skip(): void {
    if (!this.#isRunning) this.#skip();
  }

  /** What lies between here and the head is for replay to bring. */
  restart(): void {
    this.#isRestartDue = true;
    this.published();
  }

  #skip(): void {
    this.#front = { cursor: this.#deps.log.head, bytes: this.sent.total };
  }

  /** Somebody waits for the stream to be where the log is: until it is, the event loop has no turn in which that could grow. */
  awaitHead(): void {
    this.#isHeadAwaited = true;
  }

  /**
   * Frames were appended. Whoever appended them waits for the few; `isAfterAck`: nobody waits, and a slice goes at once. Gives what
   * was sent, in ms.
   */
  published(isAfterAck = false): number {
    if (this.#isRunning) return 0;
    const { pace, keepAwake } = this.#deps;
    const isAtOnce = isAfterAck || this.#live.size * pace.sendMs(0) <= pace.atOnceMs;
    const restMs = this.#takeRest(this.#live.oldest);
    const waitMs = restMs > 0 ? restMs : isAtOnce ? null : 0;
    keepAwake(this.#run(waitMs));
    return waitMs === null ? this.#slice.spentMs : 0;
  }

  async #run(firstWaitMs: number | null): Promise<void> {
    const { wait } = this.#deps;
    this.#isRunning = true;
    try {
      if (firstWaitMs !== null) await wait(firstWaitMs);
      for (const waitMs of this.#flush()) await wait(waitMs);
    } finally {
      this.#isRunning = false;
      this.#isHeadAwaited = false;
    }
  }

  /** What is left of the rest of a group, which it then has had; a clock that was turned back makes it no longer than it was. */
  #takeRest(group: LiveGroup | undefined): number {
    if (group === undefined || group.sent.restMs === 0 || this.#isHeadAwaited) return 0;
    const { atMs, restMs } = group.sent;
    group.sent = { atMs, restMs: 0 };
    return restMs - Math.max(0, this.#deps.nowMs() - atMs);
  }

  /** Sends until everybody is where the log is. Yields how long to wait before it goes on, in ms: 0 is a turn of the event loop. */
  *#flush(): Generator<number> {
    const { log, closeEnded, moved, pace } = this.#deps;
    this.#beginSlice();
    while (this.#isRestartDue || this.through < log.head) {
      closeEnded();
      this.#leaveBehind();
      const group = this.#live.oldest;
      const restMs = this.#takeRest(group);
      if (restMs > 0) {
        yield restMs;
        this.#beginSlice();
        continue;
      }
      if (group === undefined) this.#skip();
      else if (!this.#sendNext(group)) return;
      moved();
      if (this.#front.cursor === log.head) this.#isHeadAwaited = false;
      if (this.#slice.spentMs < pace.sliceMs || this.#isHeadAwaited) continue;
      if (this.through === log.head) return;
      yield 0;
      const { spentMs, beganMs } = this.#slice;
      pace.took(spentMs, this.#deps.nowMs() - beganMs);
      this.#beginSlice();
    }
  }

  #beginSlice(): void {
    this.#slice = { spentMs: 0, beganMs: this.#deps.nowMs() };
  }

  /**
   * The log was pruned past some of the live viewers, as happens where far more is pushed than they can be sent: they go on from
   * Postgres, each at its own pace (INV-2).
   */
  #leaveBehind(): void {
    const { log, nowMs } = this.#deps;
    const isRestart = this.#isRestartDue;
    this.#isRestartDue = false;
    for (let group = this.#live.oldest; group !== undefined; group = this.#live.oldest) {
      if (!isRestart && group.at.cursor >= log.prunedThrough) return;
      for (const viewer of [...group.viewers]) {
        this.#live.delete(viewer);
        fallBehind(viewer, this.sent, nowMs());
      }
    }
  }

  /** Sends a slice of the group what they lack. False where the log has nothing for them. */
  #sendNext(group: LiveGroup): boolean {
    const { log, messageLimits, barsOf, forgetBars, pace, nowMs } = this.#deps;
    const { cursor } = group.at;
    // Read anew for each slice: while others are sent to the log goes on.
    const message = messagesOf(log.framesAfter(cursor, log.head), messageLimits).next().value;
    if (message === undefined) return false;
    // Only bars of frames that went out: a bar must not hold a trade that its viewers do not have (SPEC B-3).
    const bars = barsOf(cursor, message.cursor);
    const chars = bars.reduce((sum, bar) => sum + bar.length, message.text.length);
    const costMs = bars.length * pace.sendMs(0) + pace.sendMs(chars);
    const roundMs = this.#live.size * costMs;
    const pauseMs = pace.pauseMs(roundMs);
    const restMs = pauseMs === 0 ? 0 : roundMs + pauseMs;
    this.#send(this.#sliceOf(group, costMs), this.#markOf(group, message), costMs, {
      ...{ message, bars },
      sent: { atMs: nowMs(), restMs },
    });
    forgetBars(this.through);
    return true;
  }

  /** Of a group as many as a slice has time for; a small rest would be a group of its own from then on. */
  #sliceOf({ viewers }: LiveGroup, costMs: number): Viewer[] {
    const leftMs = this.#deps.pace.sliceMs - this.#slice.spentMs;
    const most = this.#isHeadAwaited || costMs === 0 ? viewers.size : Math.max(1, leftMs / costMs);
    const slice: Viewer[] = [];
    if (viewers.size < most * SLICE_AT_MOST) return [...viewers];
    for (const viewer of viewers) {
      slice.push(viewer);
      if (slice.length >= most) break;
    }
    return slice;
  }

  /** Where the stream stands behind the message, which may be no further than others have been sent it. */
  #markOf({ at }: LiveGroup, { cursor, text }: ReadyMessage): Mark {
    const { cursor: front, bytes } = this.#front;
    if (cursor === front) return this.#front;
    if (cursor < front) return { cursor, bytes: Math.min(at.bytes + text.length, bytes) };
    const isWhole = at.cursor === front;
    const chars = isWhole ? text.length : charsOf(this.#deps.log.framesAfter(front, cursor));
    this.#front = this.sent.add(cursor, chars);
    return this.#front;
  }

  #send(
    viewers: readonly Viewer[],
    mark: Mark,
    costMs: number,
    { message, bars, sent }: Next & { sent: LiveGroup["sent"] },
  ): void {
    const { send, nowMs } = this.#deps;
    for (const viewer of viewers) {
      this.#live.delete(viewer);
      if (isWindowFull(viewer)) {
        fallBehind(viewer, this.sent, nowMs());
        continue;
      }
      this.#live.add(viewer, mark, sent);
      this.#slice.spentMs += costMs;
      send(viewer, message.text);
      for (const bar of bars) send(viewer, bar);
      saveIfStale(viewer, this.sent);
    }
  }
}

/** A slice may be so much longer than its time where that takes the whole of a group. */
const SLICE_AT_MOST = 1.5;
