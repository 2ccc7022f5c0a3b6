import type { DeskBook, Held } from "./desk-book.ts";
import { INSTRUMENTS, type Instrument } from "./instruments.ts";

/** A position as it is posted. `ts` in integer microseconds. */
export type MadePosition = {
  symbol: string;
  quantity: number;
  avg_price: number;
  account: string;
  ts: number;
};

/** What the desk holds of every instrument at `us`. */
export function positionsAt(book: DeskBook, us: number): MadePosition[] {
  return INSTRUMENTS.map((instrument) =>
    positionOf(instrument, { ...book.held(instrument, us), ts: us }),
  );
}

/** Every state of a position with `fromUs <= ts < untilUs`, of each symbol in time. */
export function* positionsBetween(
  book: DeskBook,
  fromUs: number,
  untilUs: number,
): Generator<MadePosition> {
  for (const { instrument, held } of book.changes(fromUs, untilUs)) {
    yield positionOf(instrument, held);
  }
}

function positionOf({ symbol }: Instrument, { ts, quantity, avgPrice }: Held): MadePosition {
  return { symbol, quantity, avg_price: avgPrice, account: "desk", ts };
}
