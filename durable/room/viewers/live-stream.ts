import type { Cursor } from "../../../src/protocol/words/time.ts";
import type { WatchedLog } from "../log/watched-log.ts";
import type { FanOutPace } from "./fan-out-pace.ts";
import { type MessageLimits, messagesOf, type ReadyMessage } from "./messages/messages.ts";
import { fallBehind, isWindowFull, saveAttachment, saveIfStale, type Viewer } from "./viewer.ts";
import { type Mark, SentBytes } from "./window.ts";

export interface LiveStreamDeps {
  log: WatchedLog;
  /** Marks of the stream lie so far apart, in bytes. */
  grainBytes: number;
  pace: FanOutPace;
  messageLimits: MessageLimits;
  /** Bars that the frames after `after` and up to `through` closed or corrected; older ones are forgotten. */
  takeBars: (after: Cursor, through: Cursor) => string[];
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

/**
 * Sends what is appended to the live viewers of a room, each of whom has been sent everything up to `through`.
 *
 * To a few it goes at once. To many it goes after the acknowledgement, in slices between which the event loop has a turn: then
 * some of them have been sent one message more than others (`sentLive` of each), and whoever goes live joins those who have not.
 */
export class LiveStream {
  /** Of everything that was sent, also to some of them only. */
  readonly sent: SentBytes;
  readonly #deps: LiveStreamDeps;
  readonly #live = new Set<Viewer>();
  #through: Mark;
  #isRunning = false;
  /** Sent since the event loop had a turn, in ms. */
  #spentMs = 0;
  #lastMessage: { atMs: number; pauseMs: number } | null = null;
  #isHeadAwaited = false;
  #isRestartDue = false;

  constructor(deps: LiveStreamDeps) {
    this.#deps = deps;
    this.sent = new SentBytes(deps.grainBytes);
    // A room sleeps only when everything has been sent, so whoever was live before it woke has the whole log.
    this.#through = { cursor: deps.log.head, bytes: 0 };
  }

  get size(): number {
    return this.#live.size;
  }

  /** Every live viewer has been sent the log up to here. */
  get through(): Cursor {
    return this.#through.cursor;
  }

  /** A viewer that has been sent everything up to `through` is live from here on. */
  enter(viewer: Viewer): void {
    viewer.phase = { kind: "live" };
    viewer.sentLive = this.#through;
    viewer.ackedLive = this.#through.bytes;
    this.#live.add(viewer);
    saveAttachment(viewer, this.sent);
  }

  /** A viewer that slept with the room is live as it was. */
  reenter(viewer: Viewer): void {
    this.#live.add(viewer);
  }

  leave(viewer: Viewer): void {
    this.#live.delete(viewer);
  }

  /** A message beside the log, to every live viewer. */
  tell(text: string): void {
    for (const viewer of this.#live) this.#deps.send(viewer, text);
  }

  /** Nobody is there who would have to be sent what was appended. */
  skip(): void {
    if (!this.#isRunning) this.#skip();
  }

  /** What lies between here and the head is for replay to bring, once a message that is under way has gone to everybody. */
  restart(): void {
    this.#isRestartDue = true;
    this.published();
  }

  #skip(): void {
    this.#through = { cursor: this.#deps.log.head, bytes: this.sent.total };
  }

  /** Somebody waits for the stream to be where the log is: until it is, the event loop has no turn in which that could grow. */
  awaitHead(): void {
    this.#isHeadAwaited = true;
  }

  /** Frames were appended. Whoever appended them goes on as soon as the few, or a slice of the many, have been sent to. */
  published(): void {
    if (this.#isRunning) return;
    const { pace, keepAwake } = this.#deps;
    const isAtOnce = this.#live.size * pace.sendMs(0) <= pace.atOnceMs;
    const pauseMs = this.#pauseMs();
    keepAwake(this.#run(pauseMs > 0 ? pauseMs : isAtOnce ? null : 0));
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

  /** What is left of the pause after the last message; a clock that was turned back makes it no longer than it was. */
  #pauseMs(): number {
    if (this.#lastMessage === null) return 0;
    const { atMs, pauseMs } = this.#lastMessage;
    return pauseMs - Math.max(0, this.#deps.nowMs() - atMs);
  }

  /** Sends until the stream is where the log is. Yields how long to wait before it goes on, in ms: 0 is a turn of the event loop. */
  *#flush(): Generator<number> {
    const { log, closeEnded, moved, takeBars, pace } = this.#deps;
    this.#spentMs = 0;
    while (this.#isRestartDue || this.#through.cursor < log.head) {
      closeEnded();
      const message = this.#nextMessage();
      if (message === null) {
        moved();
        return;
      }
      const before = this.#through.cursor;
      yield* this.#broadcast(message);
      // Only bars of frames that went out: a bar must not hold a trade that its viewers do not have (SPEC B-3).
      const bars = takeBars(before, message.cursor);
      for (const bar of bars) yield* this.#sendToEach(bar);
      const chars = bars.reduce((sum, bar) => sum + bar.length, message.text.length);
      const costMs = this.#live.size * (bars.length * pace.sendMs(0) + pace.sendMs(chars));
      this.#lastMessage = { atMs: this.#deps.nowMs(), pauseMs: pace.pauseMs(costMs) };
      moved();
      const pauseMs = this.#isHeadAwaited ? 0 : this.#pauseMs();
      if (pauseMs > 0 && this.#through.cursor < log.head) yield* this.#rest(pauseMs);
    }
  }

  /** The oldest of what the live viewers lack; null where that is nobody's business any more. */
  #nextMessage(): ReadyMessage | null {
    const { log, messageLimits, nowMs } = this.#deps;
    const isBehind = this.#isRestartDue || this.#through.cursor < log.prunedThrough;
    this.#isRestartDue = false;
    if (this.#live.size > 0 && isBehind) {
      // The log was pruned past the live stream, as happens where far more is pushed than the viewers can be sent: they go
      // on from Postgres, each at its own pace (INV-2).
      for (const viewer of this.#live) fallBehind(viewer, this.sent, nowMs());
      this.#live.clear();
    }
    if (this.#live.size === 0) {
      this.#skip();
      return null;
    }
    // Read anew for each message: while it is sent the log goes on.
    const frames = log.framesAfter(this.#through.cursor, log.head);
    return messagesOf(frames, messageLimits).next().value ?? null;
  }

  *#broadcast(message: ReadyMessage): Generator<number> {
    const { send, nowMs } = this.#deps;
    const mark = this.sent.add(message.cursor, message.text.length);
    const costMs = this.#deps.pace.sendMs(message.text.length);
    // Whoever goes live meanwhile comes at the end of the set, and who leaves is passed over.
    for (const viewer of this.#live) {
      if (isWindowFull(viewer)) {
        this.#live.delete(viewer);
        fallBehind(viewer, this.sent, nowMs());
      } else {
        viewer.sentLive = mark;
        send(viewer, message.text);
        saveIfStale(viewer, this.sent);
        this.#spentMs += costMs;
      }
      if (this.#isSliceSpent) yield* this.#rest(0);
    }
    this.#through = mark;
  }

  *#sendToEach(text: string): Generator<number> {
    const costMs = this.#deps.pace.sendMs(text.length);
    for (const viewer of this.#live) {
      this.#deps.send(viewer, text);
      this.#spentMs += costMs;
      if (this.#isSliceSpent) yield* this.#rest(0);
    }
  }

  get #isSliceSpent(): boolean {
    return this.#spentMs >= this.#deps.pace.sliceMs && !this.#isHeadAwaited;
  }

  *#rest(ms: number): Generator<number> {
    yield ms;
    this.#spentMs = 0;
    this.#deps.closeEnded();
  }
}
