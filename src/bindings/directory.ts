import type { SymbolSummary } from "../protocol/answers.ts";
import type { SymbolName } from "../protocol/symbol.ts";

/** What rooms and the Worker may ask of the directory. */
export interface DirectoryCalls extends Rpc.DurableObjectBranded {
  /** A room says how it stands. */
  report(summary: SymbolSummary): void;
  /** These have a history, whether or not anybody pushes events to their rooms. */
  know(symbols: readonly SymbolName[]): void;
  /** Every symbol, by name. */
  list(): Promise<SymbolSummary[]>;
}

/** Name of the one directory. */
export const DIRECTORY_NAME = "directory";
