import type { EventEmitter } from "node:events";

/** With so many requests that wait nothing more is read. */
const MANY = 16;
/** As many as nobody sends before the first of them is answered; one read of a socket may bring thousands. */
const MOST = 256;
/** Of what waited so many begin at one turn of the event loop, for at each turn one connection is accepted. */
const AT_A_TURN = 4;

/** What comes over one connection. */
interface Connection {
  /** False where nothing more can be answered over it. */
  readonly writable: boolean;
  pause(): void;
  resume(): void;
  destroy(): void;
}

/** Requests that a client sends one behind the other without waiting for answers: each is begun when the one before it is answered. */
export class Turns<Source extends Connection> {
  readonly #waiting = new Map<Source, (() => void)[]>();
  /** What they wait for has come. */
  readonly #due = new Set<Source>();

  /** Is something of this connection under way? */
  has(source: Source): boolean {
    return this.#waiting.has(source);
  }

  /** Has it sent more than what is under way? */
  isAhead(source: Source): boolean {
    return (this.#waiting.get(source)?.length ?? 0) > 0;
  }

  /** Begins it now or in its turn. `answer` says `close` where it is answered, or where the connection has closed while it is its turn. */
  take(source: Source, answer: Pick<EventEmitter, "once">, begin: () => void): void {
    const start = () => {
      begin();
      // Behind those of `begin`: this one has ended before the next begins.
      answer.once("close", () => this.#ended(source));
    };
    const waiting = this.#waiting.get(source);
    if (waiting === undefined) {
      this.#waiting.set(source, []);
      start();
      return;
    }
    waiting.push(start);
    if (waiting.length > MOST) source.destroy();
    else if (waiting.length === MANY) source.pause();
  }

  #ended(source: Source): void {
    if (this.#waiting.get(source)?.length === 0 || !source.writable) {
      this.#waiting.delete(source);
      return;
    }
    this.#due.add(source);
    if (this.#due.size === 1) setImmediate(this.#beginDue);
  }

  readonly #beginDue = () => {
    for (const source of [...this.#due].slice(0, AT_A_TURN)) {
      this.#due.delete(source);
      const waiting = this.#waiting.get(source);
      const next = source.writable ? waiting?.shift() : undefined;
      if (waiting?.length === MANY - 1) source.resume();
      if (next === undefined) this.#waiting.delete(source);
      else next();
    }
    if (this.#due.size > 0) setImmediate(this.#beginDue);
  };
}
