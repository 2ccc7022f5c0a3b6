import type { HeldAlert } from "../../../src/bindings/alerts.ts";
import type { AlertChange } from "../../../src/core/alerts/alert-change.ts";
import type { SymbolName } from "../../../src/protocol/words/symbol.ts";

/** How many alerts are in each state in which one is told. */
export interface Counted {
  pending: number;
  firing: number;
}

const NONE: Readonly<Counted> = { pending: 0, firing: 0 };

/** How many alerts of a host are pending or firing, by symbol, so that a symbol that leaves takes its own along. */
export class AlertCounts {
  readonly #ofSymbol = new Map<SymbolName, Counted>();
  #total: Counted = { ...NONE };

  get total(): Counted {
    return { ...this.#total };
  }

  /** These and no others are pending or firing. */
  beginAll(active: Iterable<Pick<HeldAlert, "symbol" | "state">>): void {
    this.#ofSymbol.clear();
    this.#total = { ...NONE };
    for (const { symbol, state } of active) this.#add(symbol, state, 1);
  }

  /** Of this symbol these and no others are. */
  begin(symbol: SymbolName, active: Iterable<Pick<HeldAlert, "state">>): void {
    const { pending, firing } = this.#ofSymbol.get(symbol) ?? NONE;
    this.#ofSymbol.delete(symbol);
    this.#total.pending -= pending;
    this.#total.firing -= firing;
    for (const { state } of active) this.#add(symbol, state, 1);
  }

  note(symbol: SymbolName, { from, to }: Pick<AlertChange, "from" | "to">): void {
    if (from !== "inactive") this.#add(symbol, from, -1);
    if (to !== "inactive") this.#add(symbol, to, 1);
  }

  #add(symbol: SymbolName, state: keyof Counted, by: 1 | -1): void {
    const counted = this.#ofSymbol.get(symbol) ?? { ...NONE };
    counted[state] += by;
    this.#total[state] += by;
    if (counted.pending === 0 && counted.firing === 0) this.#ofSymbol.delete(symbol);
    else this.#ofSymbol.set(symbol, counted);
  }
}
