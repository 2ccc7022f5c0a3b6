import fc from "fast-check";
import { expect, it } from "vitest";
import { closingTrades } from "../../../../src/core/bars/closing-trades.ts";
import type { TradeEvent } from "../../../../src/protocol/events/event.ts";
import type { EpochUs } from "../../../../src/protocol/words/time.ts";

const LENGTH = 10;
/** Before it a trade may count nowhere. */
const RAW_SINCE = 30;

interface Tailed {
  cursor: number;
  trade: TradeEvent;
}

/** The close of each bucket, of stored trades and the tail: an id that is there already does not count, nor what is set aside. */
function closesOf(stored: readonly Tailed[], tail: readonly Tailed[], aside: ReadonlySet<number>) {
  const seen = new Set<string>();
  const closes = new Map<number, { place: [number, number]; price: number }>();
  for (const { cursor, trade } of [...stored, ...tail]) {
    const { ts, id, price } = trade;
    if (id !== undefined && seen.has(`${ts} ${id}`)) continue;
    if (id !== undefined) seen.add(`${ts} ${id}`);
    if (cursor > stored.length && ts < RAW_SINCE && aside.has(ts)) continue;
    const bucket = Math.floor(ts / LENGTH);
    const last = closes.get(bucket);
    const isLater =
      last === undefined || ts > last.place[0] || (ts === last.place[0] && cursor > last.place[1]);
    if (isLater) closes.set(bucket, { place: [ts, cursor], price });
  }
  return new Map([...closes].map(([bucket, { price }]) => [bucket, price]));
}

const anyTrades = fc.array(
  fc.record({ ts: fc.nat(60), id: fc.constantFrom(undefined, "a", "b") }),
  { maxLength: 30 },
);

it("closes come out the same of what is left of a tail, whatever is stored already or counts nowhere", () => {
  fc.assert(
    fc.property(anyTrades, anyTrades, fc.uniqueArray(fc.nat(60)), (before, after, aside) => {
      const all = [...before, ...after].map(({ ts, id }, at): Tailed => {
        const trade = { kind: "trade", ts: ts as EpochUs, price: at, size: 1 } as const;
        return { cursor: at + 1, trade: id === undefined ? trade : { ...trade, id } };
      });
      const [stored, tail] = [all.slice(0, before.length), all.slice(before.length)];
      const left = closingTrades(tail, LENGTH, RAW_SINCE);
      expect(closesOf(stored, left, new Set(aside))).toEqual(
        closesOf(stored, tail, new Set(aside)),
      );
    }),
  );
});

it("of a busy minute one trade is left", () => {
  const tail = Array.from({ length: 20_000 }, (_, n) => ({
    trade: { kind: "trade", ts: n as EpochUs, price: n, size: 1 } as const,
  }));
  expect(closingTrades(tail, 60_000_000, 0)).toEqual([tail.at(-1)]);
});
