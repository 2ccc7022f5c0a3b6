import fc from "fast-check";
import { expect, test } from "vitest";
import type { NoteEvent } from "../../../src/protocol/events/note.ts";
import type { OrderEvent } from "../../../src/protocol/events/order.ts";
import type { Cursor, EpochUs } from "../../../src/protocol/words/time.ts";
import { marksOf, markWords } from "../../../web/data/tables/chart-marks.ts";
import { joinMarks } from "../../../web/data/tables/joined-marks.ts";
import { addNotes, NO_NOTES } from "../../../web/data/tables/notes.ts";
import { addOrders, newestOf } from "../../../web/data/tables/orders.ts";
import { addPositions, entriesOf, NO_POSITIONS } from "../../../web/data/tables/positions.ts";
import { digitsOf } from "../../../web/data/words/digits.ts";

const order = { kind: "order", id: "1", side: "buy", quantity: 3, price: 100 } as const;
const LIFE: OrderEvent[] = [
  { ...order, status: "sent", ts: 1 as EpochUs },
  { ...order, status: "acknowledged", ts: 2 as EpochUs },
  { ...order, status: "partially_filled", filled: 1, avg_price: 99, ts: 3 as EpochUs },
  { ...order, status: "filled", filled: 3, avg_price: 99.5, ts: 4 as EpochUs },
];
const DIGITS = digitsOf([99.75]);

const words = (states: readonly OrderEvent[]) =>
  marksOf(addOrders([], states, false), NO_NOTES).map(
    (mark) => `${mark.ts} ${markWords(mark, DIGITS)}`,
  );

test("OR-3 an order is marked where it was sent, and each fill at what it alone cost, in whatever order its states come", () => {
  const expected = ["1 sent buy 3 at 100.00", "3 filled buy 1 at 99.00", "4 filled buy 2 at 99.75"];
  fc.assert(
    fc.property(fc.shuffledSubarray([...LIFE, ...LIFE], { minLength: 8 }), (states) => {
      expect(words(states)).toEqual(expected);
      expect(addOrders([], states, false).map((life) => newestOf(life).status)).toEqual(["filled"]);
    }),
  );
});

test("what has no price has no mark: a market order that is sent, and a fill that does not say what it cost", () => {
  const { price: _price, ...market } = order;
  expect(
    words([
      { ...market, status: "sent", ts: 1 as EpochUs },
      { ...market, status: "filled", ts: 2 as EpochUs },
    ]),
  ).toEqual([]);
  // Nor is it said that an order was sent when only a later state of it is known.
  expect(words(LIFE.slice(1, 2))).toEqual([]);
});

test("orders and their states are bounded for a page that is left open for days", () => {
  const many = Array.from({ length: 3_000 }, (_, i): OrderEvent => {
    return { ...order, id: String(i), status: "sent", ts: i as EpochUs };
  });
  const orders = addOrders([], many, false);
  expect(orders).toHaveLength(2_000);
  expect(newestOf(orders[0] ?? [LIFE[0] as OrderEvent]).id).toBe("2999");
  const states = many.map((state) => ({ ...state, id: "1", status: "acknowledged" as const }));
  expect(addOrders([], states, false)[0]?.length).toBe(100);
});

test("N-1 of two notes of one name the later in the log stays, in whatever order they come, and the newest are kept", () => {
  const note = (text: string): NoteEvent => ({ kind: "note", ts: 5 as EpochUs, id: "a", text });
  const [first, second] = [note("first"), note("second")];
  const both = [
    addNotes(addNotes(NO_NOTES, [first], 1 as Cursor), [second], 2 as Cursor),
    addNotes(addNotes(NO_NOTES, [second], 2 as Cursor), [first], 1 as Cursor),
  ];
  for (const notes of both) {
    expect(marksOf([], notes).map((mark) => markWords(mark, DIGITS))).toEqual(["second"]);
  }
  const many = Array.from({ length: 600 }, (_, i): NoteEvent => {
    return { kind: "note", ts: (1_000 - i) as EpochUs, text: String(i) };
  });
  const kept = marksOf([], addNotes(NO_NOTES, many, 1 as Cursor));
  expect(kept).toHaveLength(500);
  expect(kept.at(-1)?.ts).toBe(1_000);
});

test("marks of orders and notes stand in time", () => {
  const note: NoteEvent = { kind: "note", ts: 2 as EpochUs, text: "halt" };
  const marks = marksOf(addOrders([], LIFE, false), addNotes(NO_NOTES, [note], 1 as Cursor));
  expect(marks.map(({ kind, ts }) => `${ts} ${kind}`)).toEqual([
    "1 sent",
    "2 note",
    "3 filled",
    "4 filled",
  ]);
});

test("an entry is drawn where something is held and somebody said what it cost", () => {
  const held = (account: string, quantity: number, price?: number) => ({
    ...{ kind: "position" as const, ts: 1 as EpochUs, account, quantity },
    ...(price !== undefined && { avg_price: price }),
  });
  const positions = addPositions(NO_POSITIONS, [
    held("a", 2, 10),
    held("b", -3, 11),
    held("c", 0, 12),
    held("d", 4),
  ]);
  expect(entriesOf(positions)).toEqual([
    { account: "a", price: 10, title: "long 2 a" },
    { account: "b", price: 11, title: "short 3 b" },
  ]);
});

test("marks of one bar that look alike are one with a count, in time; those that differ stay apart", () => {
  const MINUTE_US = 60e6;
  const states = (id: string, side: "buy" | "sell", ts: number, price: number): OrderEvent[] => [
    { ...order, id, side, status: "sent", price, ts: ts as EpochUs },
  ];
  const marks = marksOf(
    addOrders(
      [],
      [
        ...states("a", "buy", 1, 100),
        ...states("b", "sell", 2, 104),
        ...states("c", "buy", 3, 102),
        ...states("d", "buy", MINUTE_US - 1, 104),
        ...states("e", "buy", MINUTE_US, 90),
      ],
      false,
    ),
    NO_NOTES,
  );
  const said = (interval: "1s" | "1m" | "1h") =>
    joinMarks(marks, interval).map((mark) => {
      if (mark.kind === "note") return "note";
      return `${mark.ts} ${mark.side} ${mark.price} x${mark.count}`;
    });
  expect(said("1m")).toEqual(["1 buy 102 x3", "2 sell 104 x1", `${MINUTE_US} buy 90 x1`]);
  expect(said("1h")).toEqual(["1 buy 99 x4", "2 sell 104 x1"]);
  expect(said("1s")).toHaveLength(4);
  // What is joined is a copy: the list of marks tells each.
  expect(marks.map((mark) => mark.kind !== "note" && mark.price)).toEqual([100, 104, 102, 104, 90]);
});
