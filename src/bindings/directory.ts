import type { SymbolSummary } from "../protocol/answers.ts";
import type { SymbolName } from "../protocol/symbol.ts";
import type { JoinRefusal } from "./room.ts";

/** `unsure`: those are not known, but Postgres, which may know them, cannot be asked now. */
export type Acquaintance =
  | { kind: "known" }
  | { kind: "unknown"; symbols: SymbolName[] }
  | { kind: "unsure"; symbols: SymbolName[] };

/** Where events of a symbol from before the life of its room's log may be. */
export type EarlierPlace = "nowhere" | "postgres" | "unsure";

/** `waits`: the symbol is not known, and whoever asks may wait for it. */
export type WaitAdmission = { kind: "known" } | { kind: "waits" } | JoinRefusal;

/** What rooms and the Worker may ask of the directory. */
export interface DirectoryCalls extends Rpc.DurableObjectBranded {
  /** A room says how it stands. */
  report(summary: SymbolSummary): void;
  /** These have a history, whether or not anybody pushes events to their rooms. `news`: bars of them were posted. */
  know(symbols: readonly SymbolName[], news?: "bars"): void;
  /** Every symbol, by name. `complete` is false while Postgres may know others, or more of these. */
  list(): Promise<{ symbols: SymbolSummary[]; complete: boolean }>;
  /** The next names behind this one, in order. */
  namesAfter(name: SymbolName | "", most: number): SymbolName[];
  /** Are they all symbols of which there is something? */
  acquaintance(symbols: readonly SymbolName[]): Promise<Acquaintance>;
  /**
   * May the holder of a token push these symbols? Those that nobody has pushed before are counted, all or none. Null: yes; else
   * the seconds after which they may be.
   */
  admitNew(holder: string, symbols: readonly SymbolName[]): number | null;
  /** Asked by a room whose log is new. */
  earlierPlace(symbol: SymbolName): Promise<EarlierPlace>;
  /** May somebody wait for a symbol to become known? `viewerKey` as in a join. */
  admitWaiter(symbol: SymbolName, viewerKey: string | null): WaitAdmission;
  /** Resolves with true when the symbol is known, with false after `timeoutMs`. */
  untilKnown(symbol: SymbolName, timeoutMs: number): Promise<boolean>;
}

/** Name of the one directory. */
export const DIRECTORY_NAME = "directory";
