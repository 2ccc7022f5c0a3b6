import type { GuardLimits } from "./guard-limits.ts";

/** A request takes so many descriptors in the runtime that answers it. */
const DESCRIPTORS_A_REQUEST = 2;
/** So many are left in a runtime for what is not the guard's. */
const LEFT = 32;

/** What can be closed. */
export interface Closable {
  destroy(): void;
}

/** Which connections ask something, which do not, and which of those are closed for others. */
export class Connections<Connection extends Closable> {
  readonly #limits: GuardLimits;
  /** They have never asked anything; the oldest stands first. */
  readonly #silent = new Set<Connection>();
  /** They have asked something before; the one that has asked nothing for longest stands first. */
  readonly #idle = new Set<Connection>();
  /** Requests under way of each, for some send the next before the answer. */
  readonly #busy = new Map<Connection, number>();
  /** Those of whose request not all has come; the one that began first stands first. */
  readonly #sending = new Set<Connection>();
  #requests = 0;
  /** Descriptors that the fullest runtime had left, and requests under way, when it was looked last. */
  #looked = { spare: Number.POSITIVE_INFINITY, requests: 0 };

  constructor(limits: GuardLimits) {
    this.#limits = limits;
  }

  /** A connection that has asked nothing yet. */
  opened(connection: Connection): void {
    // Before it is one of them: it has had no time to ask, and where none but it is silent it would be closed itself.
    this.#makeRoom();
    this.#silent.add(connection);
  }

  closed(connection: Connection): void {
    this.#silent.delete(connection);
    this.#idle.delete(connection);
  }

  /**
   * The head of a request has come. Where a runtime may not be able to take it, a request that is still being sent is closed for
   * it; false where there is none. Else `received` follows, and `end`.
   */
  begin(connection: Connection): boolean {
    if (!this.#hasRoom() && !this.#closeFirstOf(this.#sending)) return false;
    this.#requests += 1;
    this.#busy.set(connection, (this.#busy.get(connection) ?? 0) + 1);
    this.closed(connection);
    this.#sending.add(connection);
    return true;
  }

  /** All of the request has come. */
  received(connection: Connection): void {
    this.#sending.delete(connection);
  }

  /** The request is answered, or its connection closed. `isOpen`: it may ask again. */
  end(connection: Connection, isOpen: boolean): void {
    const requests = this.#busy.get(connection);
    // It was closed for others.
    if (requests === undefined) return;
    this.#requests -= 1;
    if (requests > 1) {
      this.#busy.set(connection, requests - 1);
      return;
    }
    this.#busy.delete(connection);
    this.#sending.delete(connection);
    if (!isOpen) return;
    this.#makeRoom();
    this.#idle.add(connection);
  }

  /** The fullest runtime has so many descriptors left. */
  look(spare: number): void {
    this.#looked = { spare, requests: this.#requests };
  }

  /** Where too many ask nothing: whoever posts now and again outlives those that never did. */
  #makeRoom(): void {
    if (this.#silent.size + this.#idle.size < this.#limits.idle) return;
    if (!this.#closeFirstOf(this.#silent)) this.#closeFirstOf(this.#idle);
  }

  #hasRoom(): boolean {
    const more = this.#requests - this.#looked.requests + 1;
    const spare = this.#looked.spare - more * DESCRIPTORS_A_REQUEST;
    return this.#requests < this.#limits.busy && spare >= LEFT;
  }

  #closeFirstOf(connections: Set<Connection>): boolean {
    const [first] = connections;
    if (first === undefined) return false;
    this.#requests -= this.#busy.get(first) ?? 0;
    for (const each of [this.#silent, this.#idle, this.#sending, this.#busy]) each.delete(first);
    first.destroy();
    return true;
  }
}
