import { KEPT_ACCOUNTS, KEPT_BARS, KEPT_SERIES } from "../state/last-values.ts";
import { KEPT_ORDERS } from "../state/open-orders.ts";

/** One more of each than is kept says that there are more. */
export const EARLIER_LIMITS = {
  ...{ series: KEPT_SERIES.count + 1, accounts: KEPT_ACCOUNTS.count + 1 },
  orders: KEPT_ORDERS.count + 1,
  ...{ trades: 10_000, minutes: KEPT_BARS },
};
