import type { SymbolName } from "../../../../src/protocol/words/symbol.ts";
import type { FirstEditionRooms } from "./first-edition-rooms.ts";
import type { TakenOver } from "./predecessors.ts";

/** Each that is asked is files of its own, which it closes when it has handed over. */
const AT_ONCE = 4;
/** Between two notes of how far it is. */
const IN_ONE_GO = 64;

export interface CarryOverDeps {
  firstEdition: Pick<FirstEditionRooms, "carried" | "carriedThrough">;
  /** The next names of this host behind this one, in order. */
  namesAfter(name: SymbolName | "", most: number): SymbolName[];
  /** It is placed here, and nowhere else now. */
  isHere(symbol: SymbolName): boolean;
  takeOver(symbol: SymbolName): Promise<TakenOver>;
}

/** Has every room of the first edition hand over, also those that nobody touches any more. */
export class CarryOver {
  readonly #deps: CarryOverDeps;
  #running: Promise<void> | null = null;

  constructor(deps: CarryOverDeps) {
    this.#deps = deps;
  }

  /** Ends where all have, or nobody can now. What breaks it off is taken up with the next call. */
  run(): Promise<void> {
    this.#running ??= this.#run().finally(() => {
      this.#running = null;
    });
    return this.#running;
  }

  async #run(): Promise<void> {
    const { firstEdition, namesAfter, isHere } = this.#deps;
    let isWhole = true;
    let from = firstEdition.carried;
    while (from !== null) {
      const names = namesAfter(from, IN_ONE_GO);
      const last = names.at(-1) ?? null;
      const outcomes = await this.#takeOverAll(names.filter(isHere));
      const unsure = outcomes.filter(({ kind }) => kind === "unsure").length;
      // Nobody can hand over anything while Postgres is away; where only some cannot, the others go on.
      if (unsure > 0 && unsure === outcomes.length) return;
      isWhole &&= unsure === 0;
      if (isWhole) firstEdition.carriedThrough(last);
      from = last;
    }
  }

  async #takeOverAll(symbols: readonly SymbolName[]): Promise<TakenOver[]> {
    const outcomes: TakenOver[] = [];
    for (let at = 0; at < symbols.length; at += AT_ONCE) {
      const part = symbols.slice(at, at + AT_ONCE);
      outcomes.push(...(await Promise.all(part.map((symbol) => this.#deps.takeOver(symbol)))));
    }
    return outcomes;
  }
}
