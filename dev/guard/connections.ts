import type { GuardLimits } from "./guard-limits.ts";
import type { RequestKind } from "./request-kind.ts";

/** A request takes so many descriptors in the runtime that answers it. */
const DESCRIPTORS_A_REQUEST = 2;
/** So many are left in a runtime for what is not the guard's. */
const LEFT = 32;
/** So many that were given up may wait to be accepted: a runtime that stands still would find them all at once. */
const MOST_GIVEN_UP = 32;
/** So many may be over what may ask nothing, while it is looked whether they have asked: the process has so many to spare. */
const MOST_LEAVING = 16;

/** What can be closed. */
export interface Closable {
  destroy(): void;
}

/** A request under way. */
interface Begun {
  kind: RequestKind;
  /** Runtimes accept what is handed on in this order. */
  number: number;
  /** A runtime has answered, so one has accepted it. */
  isAnswered: boolean;
}

/** Which connections ask something, which do not, and which of those are closed for others. Each asks one thing at a time. */
export class Connections<Connection extends Closable> {
  readonly #limits: GuardLimits;
  readonly #afterLook: (work: () => void) => void;
  /** They have never asked anything; the oldest stands first. */
  readonly #silent = new Set<Connection>();
  /** They have asked something before; the one that has asked nothing for longest stands first. */
  readonly #idle = new Set<Connection>();
  /** They have sent more than one request at once, and none of those is under way. */
  readonly #ahead = new Set<Connection>();
  /** They ask nothing, and close for others unless the next look at the network brings a request of theirs. */
  readonly #leaving = new Set<Connection>();
  readonly #busy = new Map<Connection, Begun>();
  /** Those of whose request not all has come; the one that began first stands first. */
  readonly #sending = { short: new Set<Connection>(), long: new Set<Connection>() };
  /** Numbers of requests that were given up before a runtime answered: each may yet have to be accepted, to be closed. */
  readonly #givenUp = new Set<number>();
  #number = 0;
  #long = 0;
  /** Descriptors that the fullest runtime had left, and requests under way, when it was looked last. */
  #looked = { spare: Number.POSITIVE_INFINITY, requests: 0 };

  /** `afterLook` does something once all that has come by now over any connection has been read. */
  constructor(limits: GuardLimits, afterLook: (work: () => void) => void) {
    this.#limits = limits;
    this.#afterLook = afterLook;
  }

  /** A connection that has asked nothing yet. */
  opened(connection: Connection): void {
    // Before it is one of them: it has had no time to ask, and where none but it is silent it would be closed itself.
    this.#makeRoomFor("coming");
    this.#silent.add(connection);
  }

  closed(connection: Connection): void {
    this.#silent.delete(connection);
    this.#idle.delete(connection);
    this.#ahead.delete(connection);
    this.#leaving.delete(connection);
  }

  /** Several requests have come at once, and none of them has begun. */
  asksAhead(connection: Connection): void {
    this.closed(connection);
    this.#makeRoomFor("coming");
    this.#ahead.add(connection);
  }

  /**
   * The head of a request has come. Where a runtime may not be able to take it, or long ones have all that they may have, a request
   * that is still being sent is closed for it; false where there is none. Else `received` follows, `answered`, and `end`.
   */
  begin(connection: Connection, kind: RequestKind): boolean {
    if (this.#givenUp.size >= MOST_GIVEN_UP) return false;
    if (!this.#hasRoom(kind) && !this.#closeOneFor(kind)) return false;
    this.#busy.set(connection, { kind, number: this.nextNumber(), isAnswered: false });
    if (kind === "long") this.#long += 1;
    this.closed(connection);
    this.#sending[kind].add(connection);
    return true;
  }

  /** All of the request has come. */
  received(connection: Connection): void {
    this.#sending.short.delete(connection);
    this.#sending.long.delete(connection);
  }

  /** A runtime has begun to answer. */
  answered(connection: Connection): void {
    const begun = this.#busy.get(connection);
    if (begun === undefined) return;
    begun.isAnswered = true;
    this.accepted(begun.number);
  }

  /** The request is answered, or its connection closed. `ahead`: it has asked the next thing already. */
  end(connection: Connection, next: "closed" | "idle" | "ahead"): void {
    // It was closed for others.
    if (!this.#forget(connection) || next === "closed") return;
    if (next === "ahead") this.asksAhead(connection);
    else {
      this.#makeRoomFor("idle");
      this.#idle.add(connection);
    }
  }

  /** The fullest runtime has so many descriptors left. */
  look(spare: number): void {
    this.#looked = { spare, requests: this.#busy.size };
  }

  /** May there be something given up that no runtime has accepted? One that is asked now will have accepted it when it answers. */
  get hasGivenUp(): boolean {
    return this.#givenUp.size > 0;
  }

  /** Of something that is handed on now. */
  nextNumber(): number {
    this.#number += 1;
    return this.#number;
  }

  /** A runtime has accepted what has this number, and so all that was handed on before it. */
  accepted(number: number): void {
    for (const one of this.#givenUp) if (one < number) this.#givenUp.delete(one);
  }

  /**
   * For one more that asks nothing yet (`coming`), or nothing any more (`idle`). Who waits for a turn, and who has just come and may be
   * about to ask, takes a place of those who ask, while there is one. Whoever posts now and again outlives those that never did.
   */
  #makeRoomFor(one: "coming" | "idle"): void {
    const free = this.#limits.busy - this.#busy.size;
    const coming = this.#silent.size + this.#ahead.size + (one === "coming" ? 1 : 0);
    const beyond = Math.max(0, coming - free);
    const idle = this.#idle.size + (one === "idle" ? 1 : 0);
    if (idle + beyond <= this.#limits.idle) return;
    if (this.#ahead.size > free && this.#closeFirstOf(this.#ahead)) return;
    const [first] = beyond > 0 && this.#silent.size > 0 ? this.#silent : this.#idle;
    if (first !== undefined) this.#leave(first);
  }

  /** What it has asked may have come, and not be read yet: closed now it would be reset under its request. */
  #leave(connection: Connection): void {
    this.closed(connection);
    if (this.#leaving.size >= MOST_LEAVING) this.#closeFirstOf(this.#leaving);
    this.#leaving.add(connection);
    this.#afterLook(() => {
      if (this.#leaving.delete(connection)) connection.destroy();
    });
  }

  #hasRoom(kind: RequestKind): boolean {
    const { busy, long } = this.#limits;
    if (kind === "long" && this.#long >= long) return false;
    const more = Math.max(0, this.#busy.size - this.#looked.requests) + this.#givenUp.size + 1;
    // What is kept for short ones is kept in the runtime too.
    const kept = kind === "long" ? LEFT + (busy - long) * DESCRIPTORS_A_REQUEST : LEFT;
    const spare = this.#looked.spare - more * DESCRIPTORS_A_REQUEST;
    return this.#busy.size < busy && spare >= kept;
  }

  /** A long one is never the end of a short one. */
  #closeOneFor(kind: RequestKind): boolean {
    const { short, long } = this.#sending;
    return this.#closeFirstOf(long) || (kind === "short" && this.#closeFirstOf(short));
  }

  #closeFirstOf(connections: Set<Connection>): boolean {
    const [first] = connections;
    if (first === undefined) return false;
    this.closed(first);
    this.#forget(first);
    first.destroy();
    return true;
  }

  /** False where nothing of it was under way. */
  #forget(connection: Connection): boolean {
    const begun = this.#busy.get(connection);
    if (begun === undefined) return false;
    this.#busy.delete(connection);
    this.received(connection);
    if (begun.kind === "long") this.#long -= 1;
    if (!begun.isAnswered) this.#givenUp.add(begun.number);
    return true;
  }
}
