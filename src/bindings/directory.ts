import type { SymbolSummary } from "../protocol/answers.ts";

/** What rooms and the Worker may ask of the directory. */
export interface DirectoryCalls extends Rpc.DurableObjectBranded {
  /** A room says how it stands. */
  report(summary: SymbolSummary): void;
  /** Every symbol, by name. */
  list(): Promise<SymbolSummary[]>;
}

/** Name of the one directory. */
export const DIRECTORY_NAME = "directory";
