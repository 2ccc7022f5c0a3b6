import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type {
  MetricNamesAnswer,
  PositionsAnswer,
  SeriesColumns,
  SymbolsAnswer,
} from "../../../src/protocol/answers/answers.ts";
import type { NotesAnswer, OrdersAnswer } from "../../../src/protocol/answers/orders.ts";
import type { TapeEvent } from "../../../src/protocol/events/event.ts";
import type { Gap } from "../../../src/protocol/socket/server-message.ts";
import type { SymbolName } from "../../../src/protocol/words/symbol.ts";
import type { Cursor, EpochUs } from "../../../src/protocol/words/time.ts";
import { RANGES, type Span } from "../../../web/data/bars/ranges.ts";
import type { Failure } from "../../../web/feed/api.ts";
import { barMachine } from "../../../web/feed/bars/bar-machine.ts";
import { type BarInput, initialBars } from "../../../web/feed/bars/bar-state.ts";
import type { Machine, Tick } from "../../../web/feed/machine.ts";
import { panelMachine } from "../../../web/feed/panels/panel-machine.ts";
import { initialPanels, type PanelMessage } from "../../../web/feed/panels/panel-state.ts";
import {
  NO_PASTS,
  type PastsMessage,
  pastsMachine,
} from "../../../web/feed/panels/pasts-machine.ts";
import { type BookMessage, bookMachine, NO_BOOK } from "../../../web/feed/room/book-machine.ts";
import type { HeldMessage } from "../../../web/feed/room/held-machine.ts";
import { NO_NOTES_YET, noteMachine } from "../../../web/feed/room/note-feed.ts";
import { NO_ORDERS_YET, orderMachine } from "../../../web/feed/room/order-feed.ts";
import { NO_POSITIONS_YET, positionMachine } from "../../../web/feed/room/position-feed.ts";
import {
  NOTHING_KNOWN,
  type SymbolMessage,
  symbolMachine,
} from "../../../web/feed/room/symbol-machine.ts";
import {
  SERVER_WELL,
  type ServerMessage,
  serverMachine,
} from "../../../web/feed/symbols/server-machine.ts";
import {
  initialList,
  type ListMessage,
  listMachine,
} from "../../../web/feed/symbols/symbols-machine.ts";

const SYMBOL = "A" as SymbolName;
const T0 = 1_700_000_000_000_000;

const ts = fc.integer({ min: 0, max: 300 }).map((s) => (T0 + s * 1e6) as EpochUs);
const cursor = fc.integer({ min: 0, max: 300 }).map((s) => (T0 + s * 1e6) as Cursor);
const size = fc.integer({ min: 1, max: 9 });
const event: fc.Arbitrary<TapeEvent> = fc.oneof(
  fc.record({ kind: fc.constant("trade" as const), ts, price: size, size }),
  fc.record({
    kind: fc.constant("metric" as const),
    metric: fc.constantFrom("m", "n"),
    ts,
    value: size,
  }),
  fc.record({ kind: fc.constant("position" as const), ts, quantity: size }),
  fc.record({ kind: fc.constant("note" as const), ts, text: fc.constantFrom("a", "b") }),
  fc.record({
    ...{ kind: fc.constant("order" as const), ts, id: fc.constantFrom("1", "2") },
    status: fc.constantFrom("sent" as const, "filled" as const),
  }),
  fc.record({
    ...{ kind: fc.constant("book" as const), ts, type: fc.constantFrom("snapshot", "diff") },
    ...{
      bids: fc.constant<[number, number][]>([[9, 1]]),
      asks: fc.constant<[number, number][]>([[11, 1]]),
    },
  }),
);
const frame = fc.record({ cursor, events: fc.array(event, { maxLength: 4 }) });
const gap: fc.Arbitrary<Gap> = fc.record({
  ...{ type: fc.constant("gap" as const), from: cursor, to: cursor },
  ...{ reason: fc.constantFrom("slow" as const, "reset" as const), dropped: fc.constant(null) },
});
const failure: fc.Arbitrary<Failure> = fc.constantFrom<Failure>(
  { kind: "unauthorized" },
  { kind: "unknown" },
  { kind: "refused", status: 400, detail: "no" },
  { kind: "failed", status: null, detail: "away" },
);
const id = fc.integer({ min: 1, max: 12 });
const just = <T extends { type: string }>(message: T) => fc.constant(message);
const answerOf = <T>(value: fc.Arbitrary<T>) =>
  fc.oneof(
    { weight: 3, arbitrary: value.map((of) => ({ kind: "ok" as const, value: of })) },
    failure,
  );
const interval = fc.constantFrom("1s" as const, "1m" as const, "1d" as const);
const bar = fc.record({
  ts,
  open: size,
  high: size,
  low: size,
  close: size,
  volume: size,
  trades: size,
});
const bars = fc
  .uniqueArray(bar, { maxLength: 9, selector: (one) => one.ts })
  .map((all) => all.sort((a, b) => a.ts - b.ts));
const history = answerOf(fc.record({ symbol: fc.constant(SYMBOL), interval, cursor, bars }));
const answered = fc.record({ type: fc.constant("answered" as const), id, answer: history });
const framed = frame.map((of) => ({ type: "frame" as const, frame: of }));

/** A state that nobody can write to. */
function frozen<T>(value: T): T {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  const inside = value instanceof Map || value instanceof Set ? [...value.values()] : [];
  for (const each of [...inside, ...Object.values(value)]) frozen(each);
  if (value instanceof Map || value instanceof Set) {
    for (const change of ["set", "add", "delete", "clear"]) {
      Object.defineProperty(value, change, { value: () => expect.fail("a state was written to") });
    }
  }
  return Object.freeze(value);
}

/** Whatever comes in whatever order, a reducer throws nothing, writes to no state, and does the same again. */
function expectPure<S, M, E>(
  machine: Machine<S, M, E>,
  initial: S,
  message: fc.Arbitrary<M>,
): void {
  const messages = fc.array(
    fc.tuple(fc.oneof(message, just({ type: "tick" } as Tick)), fc.nat(3_000)),
    {
      maxLength: 30,
    },
  );
  const play = (all: readonly (readonly [M | Tick, number])[]) => {
    let state = initial;
    let nowMs = T0 / 1_000;
    return all.map(([each, waitMs]) => {
      nowMs += waitMs;
      const step = machine.reduce(frozen(state), frozen(each), { nowMs, random: 0.5 });
      state = step.state;
      expect(machine.wakeMs(state)).not.toBeNaN();
      return step;
    });
  };
  fc.assert(
    fc.property(messages, (all) => {
      expect(play(all)).toEqual(play(all));
    }),
    { numRuns: 60 },
  );
}

describe("reducers are pure, and take every message in every state:", () => {
  test("bars", () => {
    const message: fc.Arbitrary<BarInput> = fc.oneof(
      ...[answered, framed, just({ type: "load" }), just({ type: "older" })],
      ...[just({ type: "painted" }), fc.record({ type: fc.constant("choose" as const), interval })],
      gap.map((of) => ({ type: "gap" as const, gap: of })),
      bar.map((of) => ({
        type: "bar" as const,
        message: { ...of, type: "bar" as const, interval: "1m" as const },
      })),
    ) as fc.Arbitrary<BarInput>;
    expectPure(barMachine, initialBars(null), message);
  });

  test("panels", () => {
    const metrics = fc.constant<MetricNamesAnswer["metrics"]>([
      { metric: "m", labels: {}, last_ts: T0 as EpochUs },
    ]);
    const names = fc.record({ metrics, series: fc.constant(1), truncated: fc.constant(false) });
    const line = { metric: "m", symbol: SYMBOL, labels: {}, ts: [T0 as EpochUs], avg: [1] };
    const series = fc.record({
      cursor,
      step_us: fc.constant(1e6),
      series: fc.constant<SeriesColumns[]>([line]),
    });
    const message: fc.Arbitrary<PanelMessage> = fc.oneof(
      ...[framed, just({ type: "load" } as const)],
      fc.record({
        type: fc.constant("choose" as const),
        span: fc.constantFrom<Span>(RANGES["5m"], RANGES["15m"], {
          ...{ fromUs: T0 - 9e6, rangeUs: 20e6, toUs: T0 + 9e6, stepUs: null },
        }),
      }),
      fc.record({ type: fc.constant("named" as const), id, answer: answerOf(names) }),
      fc.record({
        ...{ type: fc.constant("drawn" as const), metric: fc.constantFrom("m", "n") },
        ...{ id, answer: answerOf(series) },
      }),
    );
    expectPure(panelMachine, initialPanels(RANGES["5m"]), message);
  });

  test("book, positions, orders and notes", () => {
    const book = fc.record({ symbol: fc.constant(SYMBOL), cursor, book: fc.constant(null) });
    const answeredBook = fc.record({
      type: fc.constant("answered" as const),
      id,
      answer: answerOf(book),
    });
    const message: fc.Arbitrary<BookMessage> = fc.oneof(
      framed,
      answeredBook,
      just({ type: "load" } as const),
    );
    expectPure(bookMachine, NO_BOOK, message);
    const held = fc.record({
      ...{
        symbol: fc.constant(SYMBOL),
        cursor,
        positions: fc.constant<PositionsAnswer["positions"]>([]),
      },
      ...{ accounts: fc.constant(0), truncated: fc.constant(false) },
    });
    const ofPositions: fc.Arbitrary<HeldMessage<PositionsAnswer>> = fc.oneof(
      ...[framed, just({ type: "load" } as const)],
      fc.record({ type: fc.constant("answered" as const), id, answer: answerOf(held) }),
    );
    expectPure(positionMachine, NO_POSITIONS_YET, ofPositions);
    const known = fc.record({
      ...{ symbol: fc.constant(SYMBOL), cursor, truncated: fc.constant(false) },
      orders: fc.constant<OrdersAnswer["orders"]>([]),
      total: fc.constant<OrdersAnswer["total"]>({ kind: "exact", count: 0 }),
    });
    const ofOrders: fc.Arbitrary<HeldMessage<OrdersAnswer>> = fc.oneof(
      ...[framed, just({ type: "load" } as const)],
      fc.record({ type: fc.constant("answered" as const), id, answer: answerOf(known) }),
    );
    expectPure(orderMachine, NO_ORDERS_YET, ofOrders);
    const noted = fc.record({
      ...{ symbol: fc.constant(SYMBOL), cursor, truncated: fc.constant(false) },
      notes: fc.constant<NotesAnswer["notes"]>([{ kind: "note", ts: T0 as EpochUs, text: "a" }]),
    });
    const ofNotes: fc.Arbitrary<HeldMessage<NotesAnswer>> = fc.oneof(
      ...[framed, just({ type: "load" } as const)],
      fc.record({ type: fc.constant("answered" as const), id, answer: answerOf(noted) }),
    );
    expectPure(noteMachine, NO_NOTES_YET, ofNotes);
  });

  test("a symbol", () => {
    const message: fc.Arbitrary<SymbolMessage> = fc.oneof(
      ...[just({ type: "load" } as const), just({ type: "retry" } as const)],
      cursor.map((of) => ({ type: "history" as const, cursor: of })),
      bars.map((of) => ({ type: "bars" as const, bars: of })),
      failure.map((answer) => ({ type: "failed" as const, answer })),
      gap.map((delivery) => ({ type: "delivery" as const, delivery })),
      frame.map((of) => ({
        type: "delivery" as const,
        delivery: { type: "events" as const, cursor: of.cursor, events: [...of.events] },
      })),
    );
    expectPure(symbolMachine, NOTHING_KNOWN, message);
  });

  test("the list, its pasts, and whether the server is there", () => {
    const line = {
      ...{ symbol: SYMBOL, last: 1, change: null, volume: 0 },
      ...{ last_ts: null, last_event: null, viewers: 0 },
    };
    const listed = fc.record({
      list: fc.constantFrom<SymbolsAnswer | null>(null, { symbols: [line], complete: true }),
      tag: fc.constantFrom<string | null>(null, "t"),
    });
    const ofList: fc.Arbitrary<ListMessage> = fc.oneof(
      ...(["start", "shown", "hidden", "retry"] as const).map((type) => just({ type })),
      fc.record({ type: fc.constant("answered" as const), id, answer: answerOf(listed) }),
      fc.record({ type: fc.constant("live" as const), isBesideLive: fc.boolean() }),
    );
    expectPure(listMachine, initialList(20_000, true), ofList);
    const ofPasts: fc.Arbitrary<PastsMessage> = fc.oneof(
      answered,
      just({ type: "list" as const, list: [line] }),
    );
    expectPure(pastsMachine, NO_PASTS, ofPasts);
    const ofServer: fc.Arbitrary<ServerMessage> = fc.oneof(
      fc.record({
        type: fc.constant("report" as const),
        who: fc.constant("a"),
        isAway: fc.boolean(),
      }),
      fc.record({
        type: fc.constant("looked" as const),
        isAlive: fc.constantFrom(true, false, null),
      }),
    );
    expectPure(serverMachine, SERVER_WELL, ofServer);
  });
});

test("what was asked for twice is taken from the answer to the second question alone", () => {
  const moment = { nowMs: 0, random: 0.5 };
  const first = positionMachine.reduce(NO_POSITIONS_YET, { type: "load" }, moment);
  const second = positionMachine.reduce(first.state, { type: "load" }, moment);
  const ids = [first, second].map(({ effects }) =>
    effects[0]?.type === "ask" ? effects[0].id : 0,
  );
  const failed = { kind: "failed", status: null, detail: "away" } as const;
  const late = { type: "answered", id: ids[0] ?? 0, answer: failed } as const;
  expect(positionMachine.reduce(second.state, late, moment)).toEqual({
    state: second.state,
    effects: [],
  });
  const answer = { type: "answered", id: ids[1] ?? 0, answer: failed } as const;
  const away = positionMachine.reduce(second.state, answer, moment);
  expect(away.effects).toEqual([{ type: "failed", answer: failed }]);
  expect(positionMachine.wakeMs(away.state)).toBe(5_000);
});
