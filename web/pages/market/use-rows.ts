import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { rowFigures } from "../../data/market/row-figures.ts";
import {
  inOrder,
  isUnsorted,
  type RowChoice,
  rowChoiceOf,
  type Sorted,
} from "../../data/market/row-order.ts";
import type { ListedSymbol } from "../../data/symbols/symbol-list.ts";
import { keep, readKept } from "../../feed/kept.ts";
import type { MarketFeed } from "../../feed/market/market-feed.ts";
import type { Desk } from "../shell/desk.ts";

const KEY = "edgetape.rows";
const readRows = () => rowChoiceOf(readKept(KEY));

/** The list as it was chosen, and how to choose. */
export function useRows({ symbols: { list }, pasts, clock }: Desk, market: MarketFeed | null) {
  const [choice, setChoice] = useState(readRows);
  const sorted = useRef<Sorted | null>(null);
  const focused = useRef<Element | null>(null);
  const nowMs = clock.nowMs();
  const now = { choice, isLive: market?.isLive() === true, atMs: nowMs };
  if (isUnsorted(sorted.current, now, list.length)) {
    const rows = inOrder(list, choice, (listed) => {
      const { symbol } = listed;
      return rowFigures(listed, pasts.get(symbol), market?.symbols.get(symbol), nowMs);
    });
    const places = new Map(rows.map(({ symbol }, place) => [symbol, place]));
    sorted.current = { ...now, places };
    focused.current = document.activeElement;
  }
  // A row that is moved loses the focus.
  useLayoutEffect(() => {
    const before = focused.current;
    if (before instanceof HTMLElement && before !== document.activeElement)
      before.focus({ preventScroll: true });
    focused.current = null;
  });
  const placeOf = ({ symbol }: ListedSymbol) => sorted.current?.places.get(symbol) ?? 0;
  return {
    choice,
    rows: list.toSorted((a, b) => placeOf(a) - placeOf(b)),
    /** Another tab may have chosen meanwhile. */
    choose(change: (choice: RowChoice) => RowChoice) {
      keep(KEY, JSON.stringify(change(readRows())));
      setChoice(change);
    },
  };
}
