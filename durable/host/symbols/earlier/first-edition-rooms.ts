import type { RememberedKey } from "../../../../src/bindings/first-edition.ts";
import type { HandedOver } from "../../../../src/bindings/host.ts";
import type { SymbolName } from "../../../../src/protocol/words/symbol.ts";
import type { HostMeta } from "../host-meta.ts";
import { A_PAGE, pages } from "../pages.ts";

/** The first edition's objects, which had a symbol before any host. */
export interface FirstEdition {
  namesAfter(name: SymbolName | "", most: number): Promise<SymbolName[]>;
  handOver(symbol: SymbolName): Promise<HandedOver>;
  keysAfter(symbol: SymbolName, key: string, most: number): Promise<RememberedKey[]>;
  letGo(symbol: SymbolName): Promise<void>;
}

export interface FirstEditionRoomsDeps {
  /** Null where there was no first edition. */
  objects: FirstEdition | null;
  meta: HostMeta;
  rememberKeys(symbol: SymbolName, keys: readonly RememberedKey[]): void;
}

/** What the first edition had of a host's symbols: it is brought once, symbol by symbol, with the keys that are still good. */
export class FirstEditionRooms {
  readonly #deps: FirstEditionRoomsDeps;
  readonly #keysBrought = new Set<SymbolName>();
  /** Rooms up to this name have been handed over; null: all. */
  #carriedThrough: SymbolName | "" | null;

  constructor(deps: FirstEditionRoomsDeps) {
    this.#deps = deps;
    const carried = deps.meta.read<{ through: SymbolName | null }>("carried");
    this.#carriedThrough =
      deps.objects === null ? null : (carried ?? { through: "" as const }).through;
  }

  /** Rooms up to this name have handed over; null: all of them have, or there are none. */
  get carried(): SymbolName | "" | null {
    return this.#carriedThrough;
  }

  /** Every room up to this name has been handed over; null: all of them have. */
  carriedThrough(name: SymbolName | null): void {
    this.#carriedThrough = name;
    this.#deps.meta.write("carried", { through: name });
    if (name === null) this.#keysBrought.clear();
  }

  /** May a symbol have a room there that has not handed over? */
  mayHave(symbol: SymbolName): boolean {
    return this.#carriedThrough !== null && symbol > this.#carriedThrough;
  }

  /** Names of the rooms that have not handed over, a page at a time. */
  async *names(): AsyncGenerator<readonly SymbolName[]> {
    const { objects } = this.#deps;
    if (objects === null || this.#carriedThrough === null) return;
    yield* pages((after) => objects.namesAfter(after, A_PAGE), this.#carriedThrough);
  }

  /**
   * What rooms of the first edition remember of keys is known here for these symbols. Asked before a batch with a key is looked at
   * (SPEC I-6). Null: there is nothing to wait for. @throws where a room of the first edition cannot be asked.
   */
  bringKeys(symbols: readonly SymbolName[]): Promise<void> | null {
    const asked = symbols.filter(
      (symbol) => this.mayHave(symbol) && !this.#keysBrought.has(symbol),
    );
    if (asked.length === 0) return null;
    return (async () => {
      for (const symbol of asked) await this.#bringKeys(symbol);
    })();
  }

  /** Has a symbol's room hand it over, and lets that room go. */
  async handOver(symbol: SymbolName): Promise<HandedOver> {
    const { objects } = this.#deps;
    if (objects === null) return { kind: "never_here" };
    await this.#bringKeys(symbol);
    const answer = await objects.handOver(symbol);
    // Only now: until then it may be asked again.
    if (answer.kind !== "not_yet") await objects.letGo(symbol);
    return answer;
  }

  async #bringKeys(symbol: SymbolName): Promise<void> {
    const { objects, rememberKeys } = this.#deps;
    if (objects === null || this.#keysBrought.has(symbol)) return;
    let after = "";
    for (;;) {
      const keys = await objects.keysAfter(symbol, after, A_PAGE);
      rememberKeys(symbol, keys);
      after = keys.at(-1)?.key ?? after;
      if (keys.length < A_PAGE) break;
    }
    this.#keysBrought.add(symbol);
  }
}
