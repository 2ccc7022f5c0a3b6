import type { Against, NoSlippage, SlippageAnswer } from "../../protocol/answers/orders.ts";
import type { SlippageReading } from "./slippage.ts";

type Mean = SlippageAnswer["mid"];

/** The slippage of many orders together: means over what was filled, and how many orders have none, by reason. */
export function meanSlippage(
  readings: readonly SlippageReading[],
): Pick<SlippageAnswer, "mid" | "opposite" | "unknown"> {
  const unknown: Record<NoSlippage, number> = { no_fill: 0, no_side: 0, no_price: 0, no_book: 0 };
  const known = readings.flatMap((reading) => {
    if (reading.kind === "known") return [reading.slippage];
    unknown[reading.reason] += 1;
    return [];
  });
  const meanOf = (which: "mid" | "opposite") =>
    weighted(
      known.flatMap(({ quantity, [which]: against }) =>
        against === null ? [] : [{ quantity, against }],
      ),
    );
  return { mid: meanOf("mid"), opposite: meanOf("opposite"), unknown };
}

function weighted(all: readonly { quantity: number; against: Against }[]): Mean {
  const sum = (of: (one: (typeof all)[number]) => number) =>
    all.reduce((total, one) => total + of(one), 0);
  const quantity = sum((one) => one.quantity);
  const priced = all.filter(({ against }) => against.basis_points !== null);
  const ofPriced = priced.reduce((total, one) => total + one.quantity, 0);
  return {
    ...{ orders: all.length, quantity },
    price: quantity > 0 ? sum((one) => one.quantity * one.against.price) / quantity : null,
    basis_points:
      ofPriced > 0 ? sum((one) => one.quantity * (one.against.basis_points ?? 0)) / ofPriced : null,
  };
}
