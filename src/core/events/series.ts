import type { SymbolName } from "../../protocol/words/symbol.ts";
import { seriesHash } from "./series-hash.ts";

export type Labels = Record<string, string>;

/** A series of a room that has passed all rules. What is the same in the text of each of its points is made once. */
export class Series {
  readonly symbol: SymbolName;
  readonly metric: string;
  /** Absent where it has none. */
  readonly labels: Labels | undefined;
  /** Of metric and labels as JSON, about. */
  readonly chars: number;
  #texts: { readonly head: string; readonly tail: string; readonly hash: number } | null = null;

  constructor(symbol: SymbolName, metric: string, labels: Labels | undefined, chars: number) {
    this.symbol = symbol;
    this.metric = metric;
    this.labels = labels;
    this.chars = chars;
  }

  /** What stands in a frame between the time and the value of a point, and behind the value; and the hash of the series. */
  get texts(): { readonly head: string; readonly tail: string; readonly hash: number } {
    this.#texts ??= {
      head: `,"metric":${JSON.stringify(this.metric)},"value":`,
      tail: this.labels === undefined ? "}" : `,"labels":${JSON.stringify(this.labels)}}`,
      hash: seriesHash(this),
    };
    return this.#texts;
  }
}
