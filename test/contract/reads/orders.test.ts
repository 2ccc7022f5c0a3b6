import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import { noteKey } from "../../../src/core/events/note-key.ts";
import { ordersOf, tailOrdersOf } from "../../../src/core/orders/merge-states.ts";
import { isFinal, orderKey } from "../../../src/core/orders/order-state.ts";
import { readNotes } from "../../../src/db/events/read-notes.ts";
import { readBestPrices } from "../../../src/db/orders/read-best-prices.ts";
import { readHeld } from "../../../src/db/orders/read-held.ts";
import {
  MOST_COUNTED,
  type OrderPlace,
  type OrdersQuery,
  readOrders,
} from "../../../src/db/orders/read-orders.ts";
import { readStates } from "../../../src/db/orders/read-states.ts";
import { SeriesIdCache } from "../../../src/db/store/series-ids.ts";
import { storeFrames } from "../../../src/db/store/store-frames.ts";
import { retain } from "../../../src/db/upkeep/retention.ts";
import { ORDER_STATUSES } from "../../../src/protocol/words/order-status.ts";
import { type TestDatabase, testDatabaseKinds } from "../databases.ts";
import {
  at,
  bookSample,
  cursorAt,
  frame,
  freshSymbol,
  NOON_US,
  note,
  order,
  position,
  room,
} from "../events.ts";

const DAY_US = 86_400_000_000;
const EVER = { fromUs: at(NOON_US - DAY_US), toUs: at(NOON_US + DAY_US) };
const ALL = {
  ...EVER,
  by: "began" as const,
  open: false,
  id: null,
  account: null,
  after: null,
  limit: 100,
};

describe.each(testDatabaseKinds())("orders on $name", ({ openMigrated }) => {
  let database: TestDatabase;
  const ids = new SeriesIdCache();

  beforeAll(async () => {
    database = await openMigrated();
  });
  afterAll(() => database.close());

  const anyState = fc
    .tuple(
      ...([fc.nat(4), fc.constantFrom("1", "2", "3"), fc.constantFrom(...ORDER_STATUSES)] as const),
      ...([
        fc.constantFrom({}, { account: "a" }, { account: "a", venue: "v" }),
        fc.nat(9),
      ] as const),
    )
    .map(([tick, id, status, whose, filled]) =>
      order(NOON_US + tick, id, status, { ...whose, filled }),
    );
  const asked = fc.record({
    log: fc.array(anyState, { maxLength: 20 }),
    inRoom: fc.nat(20),
    limit: fc.integer({ min: 1, max: 4 }),
    by: fc.constantFrom("began" as const, "lived" as const),
    open: fc.boolean(),
    account: fc.constantFrom(null, "", "a"),
    id: fc.constantFrom(null, "1"),
    range: fc.tuple(fc.nat(3), fc.integer({ min: 1, max: 5 })),
  });

  test("OR-3 OR-5 R-1 are those of the log, wherever it is cut, stored in any order, on whatever pages", async () => {
    await fc.assert(
      fc.asyncProperty(asked, async ({ log, inRoom, limit, by, open, account, id, range }) => {
        const symbol = freshSymbol();
        const frames = log.map((event, index) => frame(NOON_US + index, event));
        const cutAt = Math.max(0, log.length - inRoom);
        // Some of the tail is stored as well, and the newest first.
        const stored = frames.slice(0, cutAt + 2).toReversed();
        for (const half of [
          stored.slice(0, stored.length >> 1),
          stored.slice(stored.length >> 1),
        ]) {
          await storeFrames(database.db, [room(symbol, ...half)], ids);
        }
        const tail = log.slice(cutAt);
        const logged = frames.map(({ cursor }, index) => ({
          cursor,
          event: log[index] as (typeof log)[number],
        }));
        const [fromUs, toUs] = [at(NOON_US + range[0]), at(NOON_US + range[0] + range[1])];
        const lives = ordersOf([], logged);
        const wanted = lives
          .filter((states) => {
            const [first, newest] = [states[0], states.at(-1)];
            if (first === undefined || newest === undefined) return false;
            const isAsked =
              (account === null || (first.account ?? "") === account) &&
              (id === null || first.id === id);
            const isOver = isFinal(newest.status) && newest.ts < fromUs;
            const isIn = first.ts < toUs && (by === "began" ? first.ts >= fromUs : !isOver);
            return isAsked && isIn && !(open && isFinal(newest.status));
          })
          .map((states) => states.at(-1));
        const read = [];
        for (let after: OrderPlace | null = null; ; ) {
          const { orders: page, total } = await readOrders(database.db, {
            ...{ symbol, tail: tailOrdersOf(tail), by, fromUs, toUs, open, account, id, after },
            limit,
          });
          expect(total).toEqual({ kind: "exact", count: wanted.length });
          read.push(...page);
          if (page.length < limit) break;
          after = page.at(-1)?.place ?? null;
        }
        const firsts = read.map(({ place }) => place.firstUs);
        expect(firsts).toEqual(firsts.toSorted((a, b) => b - a));
        const byName = <One extends { newest: (typeof log)[number] }>(all: One[]) =>
          all.map(({ newest }) => newest).sort((a, b) => (orderKey(a) < orderKey(b) ? -1 : 1));
        expect(byName(read)).toEqual(
          byName(wanted.map((newest) => ({ newest: newest as (typeof log)[number] }))),
        );
        const states = await readStates(database.db, {
          ...{ symbol, asked: { kind: "lived", ...EVER }, account: null, tail, limit: 100 },
        });
        const whole = ordersOf(states, logged.slice(cutAt));
        expect(new Set(whole)).toEqual(new Set(lives));
      }),
      { numRuns: 40 },
    );
  });

  it("INV-6 OR-2 a repeated state changes nothing, and of one name the later stays", async () => {
    const symbol = freshSymbol();
    const [sent, filled] = [
      order(NOON_US, "1", "sent"),
      order(NOON_US + 5, "1", "filled", { filled: 1 }),
    ];
    const later = order(NOON_US + 5, "1", "filled", { filled: 2, avg_price: 7 });
    const frames = [frame(1, sent), frame(2, filled), frame(3, later), frame(4, later)];
    for (const some of [frames, frames.toReversed()]) {
      for (const one of some) await storeFrames(database.db, [room(symbol, one)], ids);
    }
    const found = await readStates(database.db, {
      ...{ symbol, asked: { kind: "named", id: "1" }, account: null, tail: [], limit: 10 },
    });
    expect(ordersOf(found, [])).toEqual([[sent, later]]);
    expect(found).toHaveLength(2);
  });

  it("OR-8 those that were over long ago go whole, and open ones stay however old", async () => {
    const symbol = freshSymbol();
    const oldUs = NOON_US - 40 * DAY_US;
    const states = [
      order(oldUs, "over", "sent"),
      order(oldUs + 1, "over", "canceled"),
      order(oldUs, "open", "acknowledged"),
      // Its first state is old, and it was over only now.
      order(oldUs, "long", "sent"),
      order(NOON_US, "long", "filled"),
    ];
    await storeFrames(database.db, [room(symbol, frame(1, ...states))], ids);
    const many = Array.from({ length: 450 }, (_, n) => order(oldUs + n, `m${n}`, "rejected"));
    await storeFrames(database.db, [room(symbol, frame(2, ...many))], ids);
    const kept = { rawDays: 0, minutesDays: 0 };
    expect((await retain(database.db, at(NOON_US), kept)).ordersDropped).toBe(0);
    const { ordersDropped } = await retain(database.db, at(NOON_US), { ...kept, rawDays: 30 });
    expect(ordersDropped).toBe(451);
    const left = await readStates(database.db, {
      ...{ symbol, asked: { kind: "lived", fromUs: at(0), toUs: at(NOON_US * 2) } },
      ...{ account: null, tail: [], limit: 100 },
    });
    expect(
      ordersOf(left, [])
        .map(([first]) => first?.id)
        .sort(),
    ).toEqual(["long", "open"]);
    expect(left).toHaveLength(3);
    await storeFrames(database.db, [room(symbol, frame(3, order(NOON_US, "over", "sent")))], ids);
    const again = await readOrders(database.db, { ...ALL, symbol, tail: [], id: "over" });
    expect(again.orders.map(({ newest }) => newest.status)).toEqual(["sent"]);
  });

  it("OR-5 lives of any length are found at each moment of them, and at no other", async () => {
    const symbol = freshSymbol();
    const lengths = [0, 1, 9, 10, 11, 999, 1_000, 86_400_000_000, 3 * 365 * 86_400_000_000];
    const states = lengths.flatMap((lengthUs) => [
      order(NOON_US, String(lengthUs), "sent"),
      order(NOON_US + lengthUs, String(lengthUs), "canceled"),
    ]);
    await storeFrames(database.db, [room(symbol, frame(1, ...states))], ids);
    for (const atUs of lengths.flatMap((us) => [us - 1, us, us + 1])) {
      const range = { fromUs: at(NOON_US + atUs), toUs: at(NOON_US + atUs + 1) };
      const query = { ...ALL, ...range, by: "lived" as const, symbol, tail: [] };
      const { orders } = await readOrders(database.db, query);
      const wanted = lengths.filter((lengthUs) => atUs >= 0 && lengthUs >= atUs);
      expect(orders.map(({ newest }) => Number(newest.id)).sort((a, b) => a - b)).toEqual(wanted);
    }
  });

  it("OR-5 a page goes on where the last one ended, whatever the orders do in between", async () => {
    const symbol = freshSymbol();
    const store = (nth: number, ...states: ReturnType<typeof order>[]) =>
      storeFrames(database.db, [room(symbol, frame(nth, ...states))], ids);
    await store(1, ...["a", "b", "c", "d"].map((id, n) => order(NOON_US + n, id, "sent")));
    const range = { fromUs: at(NOON_US + 2), toUs: at(NOON_US + DAY_US) };
    const query = { ...ALL, ...range, by: "lived" as const, symbol, tail: [], limit: 2 };
    const first = await readOrders(database.db, query);
    await store(2, ...["a", "d"].map((id) => order(NOON_US + 9, id, "filled", { filled: 1 })));
    await store(3, order(NOON_US + 10, "e", "sent"));
    const after = first.orders.at(-1)?.place ?? null;
    const second = await readOrders(database.db, { ...query, after });
    const idsOf = ({ orders }: typeof first) => orders.map(({ newest }) => newest.id);
    expect([...idsOf(first), ...idsOf(second)]).toEqual(["d", "c", "b", "a"]);
    expect(second.total).toEqual({ kind: "exact", count: 5 });
  });

  it("OR-5 counts no further than it says, and what the room has of them too", async () => {
    const symbol = freshSymbol();
    await storeFrames(database.db, [room(symbol, frame(1, order(NOON_US, "1", "sent")))], ids);
    await database.backend.run({
      text: `insert into order_lives (first_ts, ts, symbol_id, status, account, venue, order_id)
        select l.first_ts, l.ts, l.symbol_id, 6, '', '', 'n' || n
        from order_lives l join symbols y on y.id = l.symbol_id, generate_series(1, $2::int4) n where y.symbol = $1`,
      params: [symbol, String(MOST_COUNTED - 2)],
    });
    const tail = tailOrdersOf([order(NOON_US, "1", "filled"), order(NOON_US, "n1", "filled")]);
    const query = { ...ALL, symbol, tail, limit: 1 };
    const counted = async (changed: Partial<OrdersQuery>) => {
      const counts = ["began", "lived"].map(async (by) => {
        const asked = { ...query, ...changed, by: by as "began" | "lived" };
        return (await readOrders(database.db, asked)).total;
      });
      return Promise.all(counts);
    };
    const both = (total: object) => [total, total];
    expect(await counted({})).toEqual(both({ kind: "exact", count: MOST_COUNTED - 1 }));
    const more = [...tail, ...tailOrdersOf([order(NOON_US, "2", "sent")])];
    expect(await counted({ tail: more })).toEqual(both({ kind: "exact", count: MOST_COUNTED }));
    await storeFrames(database.db, [room(symbol, frame(2, order(NOON_US, "3", "sent")))], ids);
    expect(await counted({ tail: more })).toEqual(
      both({ kind: "at_least", count: MOST_COUNTED + 1 }),
    );
    expect(await counted({ open: true })).toEqual(both({ kind: "exact", count: 1 }));
    expect(await counted({ id: "1" })).toEqual(both({ kind: "exact", count: 1 }));
    expect(await counted({ account: "a" })).toEqual(both({ kind: "exact", count: 0 }));
  });

  it("finds the book that was known at each moment", async () => {
    const symbol = freshSymbol();
    const books = [
      bookSample(NOON_US, [[9, 1]], [[11, 1]]),
      bookSample(NOON_US + 10, [[8, 1]], []),
    ];
    await storeFrames(
      database.db,
      [room(symbol, frame(1, ...books), frame(9, bookSample(NOON_US + 12, [], [])))],
      ids,
    );
    const moments = [-1, 0, 9, 10, 20].map((us) => at(NOON_US + us));
    const query = { symbol, moments, storedThrough: cursorAt(8) };
    const first = { ts: NOON_US, bid: 9, ask: 11 };
    const second = { ts: NOON_US + 10, bid: 8, ask: null };
    expect(await readBestPrices(database.db, query)).toEqual([null, first, first, second, second]);
  });

  it("finds what each account held at the beginning of a range, and every state in it", async () => {
    const symbol = freshSymbol();
    const states = [
      ...[position(NOON_US - 9, 1, undefined, "a"), position(NOON_US - 3, 2, undefined, "a")],
      ...[position(NOON_US + 3, 3, undefined, "a"), position(NOON_US + 30, 4, undefined, "a")],
      ...[position(NOON_US + 1, 5), position(NOON_US - 1, 6, undefined, "b")],
    ];
    await storeFrames(database.db, [room(symbol, frame(1, ...states))], ids);
    const held = async (account: string | null, limit = 100) => {
      const range = { fromUs: at(NOON_US), toUs: at(NOON_US + 9) };
      const found = await readHeld(database.db, { symbol, account, ...range, limit });
      return found.map(({ event }) => event.quantity).sort();
    };
    expect(await held(null)).toEqual([2, 3, 5, 6]);
    expect(await held("a")).toEqual([2, 3]);
    expect(await held("")).toEqual([5]);
    expect(await held(null, 2)).toHaveLength(2);
  });

  it("N-1 N-2 notes come the newest first, a page at a time, each once", async () => {
    const symbol = freshSymbol();
    const notes = [
      ...[
        note(NOON_US, "a"),
        note(NOON_US, "b", { level: "warn" }),
        note(NOON_US, "b", { id: "b" }),
      ],
      ...[note(NOON_US + 1, "c", { id: "x", level: "error" }), note(NOON_US + 2, "d")],
    ];
    await storeFrames(database.db, [room(symbol, frame(1, ...notes))], ids);
    const edited = note(NOON_US + 1, "edited", { id: "x" });
    await storeFrames(database.db, [room(symbol, frame(2, edited, note(NOON_US, "a")))], ids);
    const read = [];
    for (let after = null; ; ) {
      const page = await readNotes(database.db, {
        ...{
          symbol,
          ...EVER,
          after,
          storedThrough: cursorAt(9),
          tailCursor: cursorAt(9),
          limit: 2,
        },
      });
      read.push(...page.map(({ event }) => event));
      const last = page.at(-1)?.event;
      if (page.length < 2 || last === undefined) break;
      after = { us: last.ts, knownBy: noteKey(last).split("\u0001")[1] ?? "" };
    }
    expect(read).toEqual([notes[4], edited, notes[1], notes[0], notes[2]]);
  });

  it("are told in SQL, and whoever writes there is told the way in", async () => {
    const symbol = freshSymbol();
    const said = {
      side: "sell",
      type: "limit",
      quantity: 2,
      price: 9.5,
      filled: 1,
      avg_price: 9.4,
    } as const;
    const state = order(NOON_US, "7", "partially_filled", {
      ...said,
      venue: "XNAS",
      correlation_id: "c",
    });
    const warned = note(NOON_US, "restarted", { level: "warn", id: "n" });
    await storeFrames(
      database.db,
      [room(symbol, frame(1, state, warned, order(NOON_US, "8", "sent")))],
      ids,
    );
    const rows = async (text: string) => (await database.backend.run({ text, params: [] })).rows;
    const where = `where symbol = '${symbol}' order by id`;
    const columns =
      "id, status, side, type, quantity, price, filled, avg_price, venue, account, correlation_id";
    const texts = ["sell", "limit", "2", "9.5", "1", "9.4", "XNAS", null, "c"];
    expect(await rows(`select ${columns} from orders ${where}`)).toEqual([
      ["7", "partially_filled", ...texts],
      ["8", "sent", ...texts.map(() => null)],
    ]);
    expect(await rows(`select id, level, text from notes ${where}`)).toEqual([
      ["n", "warn", "restarted"],
    ]);
  });
});
