import type { AccountFold, Span } from "../../core/attribution/symbol-pnl.ts";
import type { BucketValues } from "../../core/statistics/bucket-values.ts";
import type { BucketRange } from "../../core/time/bucket-range.ts";
import { EARLIEST_US } from "../../core/time/timestamp.ts";
import type { AskedSymbol } from "../../db/events/read-position-steps.ts";
import type { Interval } from "../../protocol/words/interval.ts";
import type { SymbolName } from "../../protocol/words/symbol.ts";
import type { Cursor, EpochUs } from "../../protocol/words/time.ts";
import { type DecodedTail, readTail } from "../rooms/room-tail.ts";
import type { Sources } from "../sources.ts";
import { foldPositions } from "./fold-positions.ts";
import {
  closingTail,
  goneClosesBefore,
  inParts,
  readClosesAndLastBefore,
} from "./symbol-closes.ts";

export interface HoldingsQuery {
  /** Those whose positions count, */
  held: readonly SymbolName[];
  /** and those whose closes alone do. */
  compared: readonly SymbolName[];
  account: string | null;
  interval: Interval;
  range: BucketRange;
  span: Span;
  nowUs: EpochUs;
}

export type Holdings =
  | {
      kind: "read";
      cursors: Record<string, Cursor>;
      /** The last close before the range, and those in it. */
      closesOf: ReadonlyMap<SymbolName, BucketValues>;
      /** What the steps of each account come to, by symbol in the order of `held`. */
      accountsOf: readonly AccountFold[][];
      /** From when on the closes are whole; null where they are (SPEC R-3). */
      goneBefore: EpochUs | null;
    }
  | { kind: "too_many_states" };

/** Closes and positions. Each room is asked for its tail once, so both go up to the same cursor. */
export async function readHoldings(sources: Sources, query: HoldingsQuery): Promise<Holdings> {
  const { rooms } = sources;
  const { held, compared, account, interval, range, nowUs } = query;
  const symbols = [...new Set([...held, ...compared])];
  const found = await inParts(symbols, {
    take: async (symbol) => {
      const tail = await readTail(rooms, symbol, ["trade", "position"]);
      return {
        tailed: closingTail(symbol, tail, interval, nowUs),
        asked: askedSymbol(symbol, tail),
      };
    },
    query: async (part) => {
      const tailed = part.map((one) => one.tailed);
      const closes = await readClosesAndLastBefore(sources, tailed, interval, range);
      // Of the tails only the positions are kept: the rest may be long.
      return part.map(({ asked }, at) => ({ asked, closes: closes[at] as BucketValues }));
    },
  });
  const closesOf = new Map(found.map(({ asked, closes }) => [asked.symbol, closes]));
  const positions = found.flatMap(({ asked }) => (held.includes(asked.symbol) ? [asked] : []));
  const accountsOf = await foldPositions(sources, positions, account, closesOf, query.span);
  if (accountsOf === null) return { kind: "too_many_states" };
  const ranges = found.map(({ asked, closes }) => {
    const first = closes.ts[0] ?? range.fromUs;
    // Without a close before the range none was found, however old.
    return { symbol: asked.symbol, fromUs: first < range.fromUs ? first : EARLIEST_US };
  });
  return {
    kind: "read",
    cursors: Object.fromEntries(found.map(({ asked }) => [asked.symbol, asked.tailCursor])),
    closesOf,
    accountsOf,
    goneBefore: await goneClosesBefore(sources, ranges, interval, range.toUs),
  };
}

function askedSymbol(symbol: SymbolName, tail: DecodedTail): AskedSymbol {
  const positions = tail.events.flatMap(({ event }) => (event.kind === "position" ? [event] : []));
  return { symbol, storedThrough: tail.storedThrough, tailCursor: tail.cursor, tail: positions };
}
