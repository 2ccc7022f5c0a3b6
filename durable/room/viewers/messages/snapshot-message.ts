import { snapshotOf } from "../../../../src/core/books/book-samples.ts";
import type { Snapshot } from "../../../../src/protocol/socket/server-message.ts";
import type { Cursor } from "../../../../src/protocol/words/time.ts";
import type { LastValuesFold } from "../../state/last-values.ts";

/** The last values of a room at `cursor`, as viewers are told them. */
export function snapshotMessage(cursor: Cursor, values: LastValuesFold): Snapshot {
  return {
    type: "snapshot",
    cursor,
    metrics: values.metrics,
    bar: values.bar,
    trade: values.trade,
    positions: values.positions,
    orders: values.orders,
    book: values.book === null ? null : snapshotOf(values.book),
    ...(values.truncated !== null && { truncated: values.truncated }),
  };
}
