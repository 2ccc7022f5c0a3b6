/**
 * The statuses of an order, each further in its life than the one before it: of two states at one moment the further one is
 * newer (SPEC OR-3). Postgres has their numbers, so an order of these is never changed. They are apart from the schemas, which
 * a page that only compares states would load with them.
 */
export const ORDER_STATUSES = [
  "sent",
  "acknowledged",
  "partially_filled",
  "rejected",
  "expired",
  "canceled",
  "filled",
] as const;
export type OrderStatus = (typeof ORDER_STATUSES)[number];

/** From this one on an order is over. */
export const FIRST_FINAL = ORDER_STATUSES.indexOf("rejected");
