import { shorten } from "../../../src/core/answers/shorten.ts";
import { decimalOf, numberOf, sumOf, ZERO } from "../../../src/core/attribution/decimal.ts";
import type { PositionEvent } from "../../../src/protocol/events/event.ts";
import { undirected } from "../../../src/protocol/words/undirected.ts";

/** The newest position of each account. */
export type Positions = ReadonlyMap<string, PositionEvent>;

export const NO_POSITIONS: Positions = new Map();

/** Takes positions in any order and any number of times: of an account the newest by its own time stays. */
export function addPositions(known: Positions, fresh: readonly PositionEvent[]): Positions {
  const all = new Map(known);
  for (const position of fresh) {
    const before = all.get(position.account ?? "");
    if (before === undefined || before.ts <= position.ts) {
      all.set(position.account ?? "", position);
    }
  }
  return all;
}

/** What an account paid for what it holds, as a line of the chart. */
export interface Entry {
  account: string;
  price: number;
  /** "long 5", and whose. */
  title: string;
}

/** Of an account's name on its line, which would cover the chart. */
const MOST_CHARS = 24;
/** More lines are not told apart. */
const MOST_ENTRIES = 8;

/** The entries of accounts that hold something and said what they paid. */
export function entriesOf(positions: Positions): Entry[] {
  return Array.from(positions, ([account, { quantity, avg_price: price }]) => {
    if (quantity === 0 || price === undefined) return [];
    const title =
      `${quantity > 0 ? "long" : "short"} ${Math.abs(quantity)} ${shorten(undirected(account), MOST_CHARS)}`.trim();
    return [{ account, price, title }];
  })
    .flat()
    .slice(0, MOST_ENTRIES);
}

export interface NetPosition {
  /** Over all accounts; negative is short. */
  quantity: number;
  /** What a unit of it cost; null where some account did not say, or one is long and another short. */
  average: number | null;
  /** What it has gained at `last`, in the price's currency; null where some account did not say what it paid. */
  gain: number | null;
}

/** What is held over all accounts; null where nobody has said. */
export function netPosition(positions: Positions, last: number | null): NetPosition | null {
  if (positions.size === 0) return null;
  let quantity = ZERO;
  let cost: number | null = 0;
  let gain = 0;
  const signs = new Set<number>();
  for (const { quantity: held, avg_price: paid } of positions.values()) {
    quantity = sumOf(quantity, decimalOf(held));
    if (held === 0) continue;
    signs.add(Math.sign(held));
    cost = cost === null || paid === undefined ? null : cost + held * paid;
    gain += held * ((last ?? 0) - (paid ?? 0));
  }
  const net = numberOf(quantity);
  return {
    quantity: net,
    average: cost === null || signs.size !== 1 ? null : cost / net,
    gain: cost === null || last === null ? null : gain,
  };
}
