import { isFinal, orderKey, replaces } from "../../../src/core/orders/order-state.ts";
import type { OrderEvent } from "../../../src/protocol/events/order.ts";
import type { EpochUs } from "../../../src/protocol/words/time.ts";

/** Open orders kept, and characters of JSON of all of them: the fold fits one row of SQLite, as accounts do. */
export const KEPT_ORDERS = { count: 1_000, chars: 300_000 };
/** Orders that are over, by which a late state is told from one of a new order. */
const KEPT_OVER = { count: 500, chars: 100_000 };
const STATE_CHARS = 250;
const OVER_CHARS = 40;

type Over = Pick<OrderEvent, "ts" | "status">;

/** What is written down of the orders of a room. */
export interface KeptOrders {
  /** Newest state of each open order; the one updated last stands last. */
  open: OrderEvent[];
  /** Newest states of those that are over, the last one last. */
  over: [key: string, ts: EpochUs, status: OrderEvent["status"]][];
  /** Orders that were let go while they were open, or were passed over, have a state of this moment or before; null: none was. */
  openCutUs: EpochUs | null;
  /** The same of those that were over. */
  overCutUs: EpochUs | null;
}

/**
 * The newest state of each open order (SPEC OR-3), bounded: beyond the limits the one longest without a state goes. What is here
 * is always the newest of its order: a state that may be older than one that was let go is not taken for it.
 */
export class OpenOrders {
  readonly #open = new Map<string, OrderEvent>();
  readonly #over = new Map<string, Over>();
  #openChars = 0;
  #overChars = 0;
  #openCutUs: EpochUs | null;
  #overCutUs: EpochUs | null;

  constructor(from: KeptOrders | undefined) {
    this.#openCutUs = from?.openCutUs ?? null;
    this.#overCutUs = from?.overCutUs ?? null;
    for (const state of from?.open ?? []) this.#setOpen(orderKey(state), state);
    for (const [key, ts, status] of from?.over ?? []) this.#setOver(key, { ts, status });
  }

  get events(): OrderEvent[] {
    return [...this.#open.values()];
  }
  /** Whether some were let go that may be open. */
  get isCut(): boolean {
    return this.#openCutUs !== null;
  }

  toJSON(): KeptOrders {
    return {
      open: this.events,
      over: Array.from(this.#over, ([key, { ts, status }]) => [key, ts, status]),
      ...{ openCutUs: this.#openCutUs, overCutUs: this.#overCutUs },
    };
  }

  take(state: OrderEvent): void {
    const key = orderKey(state);
    const known = this.#open.get(key) ?? this.#over.get(key);
    if (known !== undefined ? !replaces(state, known) : this.#mayBeLate(state)) return;
    this.#forget(key);
    if (isFinal(state.status)) this.#setOver(key, state);
    else this.#setOpen(key, state);
  }

  /**
   * May the order of this state, which is not known, have had a newer one? Then it is passed over. It may be missing where the state
   * is one of an open order; one that is over would be missing nowhere, and taken for the newest it would let a late one in.
   */
  #mayBeLate({ ts, status }: OrderEvent): boolean {
    const isLate = isBy(ts, this.#overCutUs) || isBy(ts, this.#openCutUs);
    if (isLate && !isFinal(status)) this.#openCutUs = later(ts, this.#openCutUs);
    return isLate;
  }

  #forget(key: string): void {
    const open = this.#open.get(key);
    if (open !== undefined) this.#openChars -= charsOf(key, open);
    this.#open.delete(key);
    if (this.#over.delete(key)) this.#overChars -= OVER_CHARS + key.length;
  }

  #setOpen(key: string, state: OrderEvent): void {
    this.#open.set(key, state);
    this.#openChars += charsOf(key, state);
    for (const [oldest, { ts }] of this.#open) {
      if (this.#open.size <= KEPT_ORDERS.count && this.#openChars <= KEPT_ORDERS.chars) return;
      this.#forget(oldest);
      this.#openCutUs = later(ts, this.#openCutUs);
    }
  }

  #setOver(key: string, { ts, status }: Over): void {
    this.#over.set(key, { ts, status });
    this.#overChars += OVER_CHARS + key.length;
    for (const [oldest, over] of this.#over) {
      if (this.#over.size <= KEPT_OVER.count && this.#overChars <= KEPT_OVER.chars) return;
      this.#forget(oldest);
      this.#overCutUs = later(over.ts, this.#overCutUs);
    }
  }
}

function charsOf(key: string, { type, correlation_id }: OrderEvent): number {
  return STATE_CHARS + key.length + (type?.length ?? 0) + (correlation_id?.length ?? 0);
}

function isBy(ts: EpochUs, cutUs: EpochUs | null): boolean {
  return cutUs !== null && ts <= cutUs;
}

function later(ts: EpochUs, cutUs: EpochUs | null): EpochUs {
  return cutUs !== null && cutUs > ts ? cutUs : ts;
}
