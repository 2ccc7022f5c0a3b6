import type { SymbolName } from "../../../src/protocol/words/symbol.ts";

/** Names that several have: one object for all who have the same. */
export interface SharedNames {
  /** Another one for each set. */
  readonly id: number;
  readonly names: ReadonlySet<SymbolName>;
  /** All of them, in order. */
  readonly text: string;
}

/** Sets of names, each kept once for as long as somebody has it. */
export class NameSets {
  readonly #byText = new Map<string, { shared: SharedNames; users: number }>();
  #size = 0;
  #lastId = 0;

  /** Names of all sets together. */
  get size(): number {
    return this.#size;
  }

  /** The set of these names, which never change again. It is kept until it has been released as often as shared. */
  share(names: ReadonlySet<SymbolName>): SharedNames {
    // No symbol has a line break.
    const text = [...names].sort().join("\n");
    let kept = this.#byText.get(text);
    if (kept === undefined) {
      this.#lastId += 1;
      kept = { shared: { id: this.#lastId, names, text }, users: 0 };
      this.#byText.set(text, kept);
      this.#size += names.size;
    }
    kept.users += 1;
    return kept.shared;
  }

  release({ names, text }: SharedNames): void {
    const kept = this.#byText.get(text);
    if (kept === undefined) return;
    kept.users -= 1;
    if (kept.users > 0) return;
    this.#byText.delete(text);
    this.#size -= names.size;
  }
}
