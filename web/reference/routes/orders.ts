import type { DescribedRoute } from "../described-route.ts";
import { AFTER, count, range, SYMBOL_IN_PATH, text, word } from "../parameters.ts";
import { read } from "./reads.ts";

const ACCOUNT = text("account", "This account alone");
const PAGE = [count("limit", "Most of a page", [1, 10_000], 1_000), AFTER];
const BEGAN = [SYMBOL_IN_PATH, ACCOUNT, ...range("a day before the end")];

/** Orders, what they tell together, and notes. */
export const ORDERS: readonly DescribedRoute[] = [
  read(
    "/api/orders/{symbol}",
    "OrdersAnswer",
    "The newest state of each order",
    "/api/orders/ACME?open=true",
    [
      SYMBOL_IN_PATH,
      word(
        "by",
        "lived: also orders that began before the range and lived on in it",
        ["began", "lived"],
        "began",
      ),
      word("open", "true: only orders that are not at their end", ["true", "false"], "false"),
      text("id", "Orders of this id alone"),
      ACCOUNT,
      ...range("everything there is"),
      ...PAGE,
    ],
  ),
  read(
    "/api/orders/{symbol}/latency",
    "LatencyAnswer",
    "How long each leg of orders took",
    "/api/orders/ACME/latency?from=now-1h",
    BEGAN,
  ),
  read(
    "/api/orders/{symbol}/slippage",
    "SlippageAnswer",
    "What fills cost more than the book when the order was sent",
    "/api/orders/ACME/slippage?from=now-1h",
    BEGAN,
  ),
  read(
    "/api/orders/{symbol}/reconciliation",
    "ReconciliationAnswer",
    "Changes of positions that fills do not explain",
    "/api/orders/ACME/reconciliation?from=now-1h",
    BEGAN,
  ),
  read(
    "/api/orders/{symbol}/{id}",
    "OrderAnswer",
    "All states of the orders of an id, their legs and fills",
    "/api/orders/ACME/o-1",
    [
      SYMBOL_IN_PATH,
      { ...text("id", "The order, percent-encoded"), in: "path", required: true },
      ACCOUNT,
    ],
  ),
  read(
    "/api/notes/{symbol}",
    "NotesAnswer",
    "The notes of a symbol, the newest first",
    "/api/notes/ACME",
    [SYMBOL_IN_PATH, ...range("everything there is"), ...PAGE],
  ),
];
