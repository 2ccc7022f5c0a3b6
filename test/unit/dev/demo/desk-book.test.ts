import { describe, expect, it } from "vitest";
import { backfill } from "../../../../dev/demo/backfill.ts";
import { runLive } from "../../../../dev/demo/live.ts";
import { afterFill, DeskBook, type Held } from "../../../../dev/demo/market/desk-book.ts";
import { INSTRUMENTS, type Instrument } from "../../../../dev/demo/market/instruments.ts";
import { Market } from "../../../../dev/demo/market/market.ts";
import {
  type MadePosition,
  positionsAt,
  positionsBetween,
} from "../../../../dev/demo/market/positions.ts";
import { randomOf } from "../../../../dev/demo/market/random.ts";
import { positionPushSchema } from "../../../../src/protocol/events/event.ts";
import type { EpochUs } from "../../../../src/protocol/words/time.ts";
import { pnlOfSteps } from "../../attribution/book.ts";

const MIDNIGHT_US = Date.UTC(2026, 10, 24) * 1_000;
const HOUR_US = 3_600e6;
const SECOND_US = 1e6;
const made = () => new DeskBook(new Market({ seed: "1", tradesPerSecond: 8 }));
const book = made();
const BITCOIN = INSTRUMENTS[0] as Instrument;

describe("the average price", () => {
  const held = (quantity: number, avgPrice: number): Held => ({
    ...{ ts: 0, quantity, avgPrice, cash: 0 },
  });
  const filled = (before: Held, quantity: number, price: number) =>
    afterFill(BITCOIN, before, { ts: 1, quantity, price });

  it.each([
    ["adds to a long", held(2, 100), 1, 130, 3, 110],
    ["adds to a short", held(-2, 100), -1, 130, -3, 110],
    ["reduces a long", held(3, 110), -1, 500, 2, 110],
    ["reduces a short", held(-3, 110), 1, 500, -2, 110],
    ["crosses zero downwards", held(1, 110), -3, 90, -2, 90],
    ["crosses zero upwards", held(-1, 110), 3, 90, 2, 90],
    ["opens", held(0, 90), 2, 80, 2, 80],
  ])("%s", (_, before, quantity, price, left, avgPrice) => {
    expect(filled(before, quantity, price)).toMatchObject({ quantity: left, avgPrice });
  });

  it("leaves cash and basis in step: what is realised is what sales brought over the average", () => {
    const random = randomOf("fills");
    let position = held(0, 0);
    let realised = 0;
    for (let fill = 0; fill < 2_000; fill += 1) {
      const before = position;
      const quantity = Math.round(random() * 20_000 - 10_000) / 1_000;
      const price = Math.round(9_000_000 + random() * 1e6) / 100;
      position = filled(before, quantity, price);
      const isReducing = before.quantity * quantity < 0;
      const closed = isReducing ? Math.min(Math.abs(quantity), Math.abs(before.quantity)) : 0;
      realised += Math.sign(before.quantity) * closed * (price - before.avgPrice);
      const unrealised = position.quantity * (price - position.avgPrice);
      // Averages are rounded to a millionth.
      expect(position.cash + position.quantity * price).toBeCloseTo(realised + unrealised, 1);
    }
  });
});

describe("the desk's positions", () => {
  const fromUs = MIDNIGHT_US - HOUR_US;
  const untilUs = MIDNIGHT_US + HOUR_US;
  const all = [...positionsBetween(book, fromUs, untilUs)];

  it("are what the server takes, and cost about what the market says", () => {
    expect(all.length).toBeGreaterThan(500);
    for (const each of all) {
      expect(positionPushSchema.safeParse(each).success).toBe(true);
      const instrument = INSTRUMENTS.find(({ symbol }) => symbol === each.symbol) as Instrument;
      const price = book.market.price(instrument, each.ts);
      expect(Math.abs(each.avg_price / price - 1)).toBeLessThan(0.03);
    }
  });

  it("are the same whoever asks, in whatever windows, over midnight too", () => {
    const inParts: MadePosition[] = [];
    const other = made();
    for (let us = fromUs; us < untilUs; us += 777_777_777) {
      inParts.push(...positionsBetween(other, us, Math.min(us + 777_777_777, untilUs)));
    }
    const inTime = (of: MadePosition[]) =>
      of.toSorted((a, b) => a.ts - b.ts || a.symbol.localeCompare(b.symbol));
    expect(inTime(inParts)).toEqual(inTime(all));
    expect(positionsAt(made(), untilUs)).toEqual(positionsAt(book, untilUs));
  });

  it("settle at midnight: the quantity stays, at the price of midnight", () => {
    const before = positionsAt(book, MIDNIGHT_US - 1);
    const settled = all.filter(({ ts }) => ts === MIDNIGHT_US);
    expect(settled.map(({ quantity }) => quantity)).toEqual(before.map(({ quantity }) => quantity));
    const prices = INSTRUMENTS.map((each) => book.market.price(each, MIDNIGHT_US));
    for (const [at, { avg_price }] of settled.entries()) {
      expect(avg_price / (prices[at] as number)).toBeCloseTo(1, 4);
    }
  });

  it("make what attribution says, what the value grows by, and what the averages leave", () => {
    const bucketUs = 60 * SECOND_US;
    const startUs = MIDNIGHT_US + bucketUs;
    const priced = INSTRUMENTS.map((instrument) => {
      const minutes = Array.from(
        { length: 60 },
        (_, at) => (MIDNIGHT_US + at * bucketUs) as EpochUs,
      );
      const closes = {
        ts: minutes,
        values: minutes.map((us) => book.market.price(instrument, us + bucketUs - 1)),
      };
      const steps = all
        .filter(({ symbol, ts }) => symbol === instrument.symbol && ts >= MIDNIGHT_US)
        .map(({ ts, quantity, avg_price }) => ({
          ...{ ts: ts as EpochUs, quantity, avgPrice: avg_price },
        }));
      const span = { fromUs: startUs as EpochUs, toUs: untilUs as EpochUs, bucketUs };
      const result = pnlOfSteps([steps], closes, span);
      if (result.kind !== "priced") throw new Error(`${instrument.symbol}: ${result.kind}`);
      const grown = book.value(instrument, untilUs - 1) - book.value(instrument, startUs - 1);
      return { pnl: Number(result.pnlCents) / 100, grown };
    });
    for (const { pnl, grown } of priced) {
      // A sale is taken at the close of its minute: some dollars of a million each.
      expect(Math.abs(pnl - grown)).toBeLessThan(400);
    }
  });
});

describe("backfill and live", () => {
  const recorder = () => {
    const positions: MadePosition[] = [];
    const push = async (path: string, events: readonly object[]) => {
      if (path === "/api/positions") positions.push(...(events as MadePosition[]));
    };
    return { push, onPushed: () => {}, positions };
  };
  const keyOf = ({ symbol, ts }: MadePosition) => `${symbol} ${ts}`;
  const market = () => new Market({ seed: "1", tradesPerSecond: 1 });

  it("tell one book: a demo that ran over midnight, and one that is started behind it", async () => {
    const fromUs = MIDNIGHT_US - 20 * SECOND_US;
    let nowUs = fromUs;
    const live = recorder();
    const ended = new Error("ended");
    const sleep = async () => {
      nowUs += 7 * SECOND_US;
      if (nowUs > MIDNIGHT_US + 600 * SECOND_US) throw ended;
      // The machine sleeps for longer than orders wait.
      if (nowUs > MIDNIGHT_US + 30 * SECOND_US && nowUs < MIDNIGHT_US + 60 * SECOND_US) {
        nowUs += 200 * SECOND_US;
      }
    };
    const run = runLive({ ...live, sleep, nowUs: () => nowUs }, market(), fromUs, 60e6);
    await expect(run).rejects.toBe(ended);
    const again = recorder();
    await backfill(again, market(), fromUs, MIDNIGHT_US + 500 * SECOND_US);
    const told = new Map(live.positions.map((each) => [keyOf(each), each]));
    const shared = again.positions.filter(({ ts }) => ts > fromUs);
    expect(shared.length).toBeGreaterThan(40);
    expect(shared.map((each) => told.get(keyOf(each)))).toEqual(shared);
    expect(shared.filter(({ ts }) => ts === MIDNIGHT_US)).toHaveLength(INSTRUMENTS.length);
  });
});
