import { fillsOf, newestSaid } from "../../../src/core/orders/fills.ts";
import type { NoteEvent } from "../../../src/protocol/events/note.ts";
import type { Digits } from "../words/digits.ts";
import { formatPrice } from "../words/format.ts";
import type { Notes } from "./notes.ts";
import type { OrderLife, Orders } from "./orders.ts";

/** What the chart marks at a moment; an order and a fill at their price too. */
export type ChartMark = OrderMark | { kind: "note"; ts: number; note: NoteEvent };

export interface OrderMark {
  kind: "sent" | "filled";
  ts: number;
  price: number;
  side: "buy" | "sell" | undefined;
  quantity: number | undefined;
}

/**
 * The marks of orders and notes, the oldest first. An order is marked where it was sent if the page knows of that, and each of
 * its fills. What has no price has no place on the chart.
 */
export function marksOf(orders: Orders, notes: Notes): ChartMark[] {
  const ofNotes = Array.from(notes.values(), ({ note }) => {
    return { kind: "note", ts: note.ts, note } as const;
  });
  return [...orders.flatMap(marksOfOrder), ...ofNotes].sort((a, b) => a.ts - b.ts);
}

function marksOfOrder(life: OrderLife): OrderMark[] {
  const side = newestSaid(life, "side");
  const [{ status, ts, price, quantity }] = life;
  const marks: OrderMark[] = fillsOf(life).flatMap((fill) =>
    fill.price === null || fill.quantity < 0
      ? []
      : [{ ...fill, price: fill.price, kind: "filled", side }],
  );
  if (status === "sent" && price !== undefined) {
    marks.unshift({ kind: "sent", ts, price, side, quantity });
  }
  return marks;
}

/** "filled buy 2 at 99.50"; of a note its text. */
export function markWords(mark: ChartMark, digits: Digits): string {
  if (mark.kind === "note") return mark.note.text;
  const { kind, side, quantity, price } = mark;
  const words = [kind, side, quantity, "at", formatPrice(price, digits)];
  return words.filter((word) => word !== undefined).join(" ");
}
