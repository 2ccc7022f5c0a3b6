import type { EventEmitter } from "node:events";

/** With so many requests that wait nothing more is read. */
const MANY = 16;
/** As many as nobody sends before the first of them is answered; one read of a socket may bring thousands. */
const MOST = 256;
/** Of what waited so many begin at one turn of the event loop, for at each turn one connection is accepted. */
const AT_A_TURN = 4;
/** So many of them may be under way at once: whoever sends one request at a time waits for these, and not for one of each connection. */
const UNDER_WAY = 16;

/** What comes over one connection. */
interface Connection {
  /** False where nothing more can be answered over it. */
  readonly writable: boolean;
  pause(): void;
  resume(): void;
  destroy(): void;
}

/** A request, and what is said when it has come and when it is answered. */
interface Asking {
  asked: Pick<EventEmitter, "once">;
  answer: Pick<EventEmitter, "once">;
  /** One that takes as long as it likes keeps nobody waiting. */
  isShort: boolean;
}

/** It waits: `count` has it counted from its end to its answer, and `start` begins it. */
interface Waiting {
  count: () => void;
  start: () => void;
}

/**
 * Requests that a client sends one behind the other without waiting for answers: each is begun when the one before it is answered,
 * and those of many such clients take turns, with the first of each too. One that comes alone begins as soon as its read is over.
 */
export class Turns<Source extends Connection> {
  readonly #onAhead: (source: Source) => void;
  readonly #waiting = new Map<Source, Waiting[]>();
  /** What they wait for has come. */
  readonly #due = new Set<Source>();
  #isBeginning = false;
  /** Of what waited: all of it has come, and it is not answered. */
  #underWay = 0;

  /** `onAhead`: a client has sent several at once, and even the first of them waits. */
  constructor(onAhead: (source: Source) => void) {
    this.#onAhead = onAhead;
  }

  /** Is something of this connection under way? */
  has(source: Source): boolean {
    return this.#waiting.has(source);
  }

  /** Has it sent more than what is under way? */
  isAhead(source: Source): boolean {
    return (this.#waiting.get(source)?.length ?? 0) > 0;
  }

  /** Begins it soon or in its turn. `answer` says `close` where it is answered, or where the connection has closed while it is its turn. */
  take(source: Source, asking: Asking, begin: () => void): void {
    const start = () => {
      begin();
      // Behind those of `begin`: this one has ended before the next begins.
      asking.answer.once("close", () => this.#ended(source));
    };
    const count = () => {
      if (asking.isShort) this.#count(asking);
    };
    let waiting = this.#waiting.get(source);
    if (waiting === undefined) {
      waiting = [];
      this.#waiting.set(source, waiting);
      // All that one read has brought is here then.
      process.nextTick(() => this.#beginFirst(source));
    }
    waiting.push({ count, start });
    if (waiting.length > MOST) source.destroy();
    else if (waiting.length === MANY) source.pause();
  }

  #beginFirst(source: Source): void {
    const waiting = this.#waiting.get(source) ?? [];
    if (!source.writable) this.#waiting.delete(source);
    else if (waiting.length === 1) waiting.shift()?.start();
    else {
      this.#onAhead(source);
      this.#due.add(source);
      this.#beginSoon();
    }
  }

  #ended(source: Source): void {
    if (this.#waiting.get(source)?.length === 0 || !source.writable) {
      this.#waiting.delete(source);
      return;
    }
    this.#due.add(source);
    this.#beginSoon();
  }

  /** Not from its beginning: who sends half of a request keeps nobody waiting. */
  #count({ asked, answer }: Asking): void {
    let state: "coming" | "under way" | "ended" = "coming";
    asked.once("end", () => {
      if (state === "ended") return;
      state = "under way";
      this.#underWay += 1;
    });
    answer.once("close", () => {
      if (state === "under way") this.#underWay -= 1;
      state = "ended";
      this.#beginSoon();
    });
  }

  #beginSoon(): void {
    if (this.#isBeginning || this.#due.size === 0 || this.#underWay >= UNDER_WAY) return;
    this.#isBeginning = true;
    setImmediate(this.#beginDue);
  }

  readonly #beginDue = () => {
    this.#isBeginning = false;
    const most = Math.min(AT_A_TURN, UNDER_WAY - this.#underWay);
    for (const source of [...this.#due].slice(0, most)) {
      this.#due.delete(source);
      const waiting = this.#waiting.get(source);
      const next = source.writable ? waiting?.shift() : undefined;
      if (waiting?.length === MANY - 1) source.resume();
      if (next === undefined) {
        this.#waiting.delete(source);
        continue;
      }
      next.count();
      next.start();
    }
    this.#beginSoon();
  };
}
