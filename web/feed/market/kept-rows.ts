import { type RowChoice, rowChoiceOf } from "../../data/market/row-order.ts";

const KEY = "edgetape.rows";

/** The choice of this browser. */
export function readRows(): RowChoice {
  try {
    return rowChoiceOf(localStorage.getItem(KEY));
  } catch {
    return rowChoiceOf(null);
  }
}

/** Remembers a choice where the browser can. */
export function keepRows(choice: RowChoice): void {
  try {
    localStorage.setItem(KEY, JSON.stringify(choice));
  } catch {
    // It holds until the page is left.
  }
}
