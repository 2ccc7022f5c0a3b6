import fc from "fast-check";
import { canonicalLabels } from "../../src/core/events/labels.ts";
import { noteKey } from "../../src/core/events/note-key.ts";
import type { StoredFrame } from "../../src/db/store/store-frames.ts";
import { ALERT_SEVERITIES, ALERT_STATES } from "../../src/protocol/events/alert.ts";
import type { Level } from "../../src/protocol/events/book.ts";
import type { TapeEvent } from "../../src/protocol/events/event.ts";
import { LOG_LEVELS } from "../../src/protocol/events/log.ts";
import { ORDER_STATUSES } from "../../src/protocol/words/order-status.ts";
import {
  alert,
  bookDiff,
  bookSample,
  frame,
  line,
  metric,
  NOON_US,
  note,
  order,
  position,
  trade,
} from "./events.ts";

// Few moments, names and ids, so that they meet often.
const moment = fc.integer({ min: NOON_US, max: NOON_US + 3 });
const number = fc.double({ noNaN: true, noDefaultInfinity: true });
const label = fc.constantFrom("", "x", "NULL", '"', "\\", "{,}", "😀");
const anyMetric = fc
  .tuple(
    fc.constantFrom("m", "n'"),
    moment,
    number,
    fc.option(
      fc.dictionary(fc.constantFrom("a", "b"), label, { maxKeys: 2, noNullPrototype: true }),
    ),
  )
  .map(([name, ts, value, labels]) =>
    metric(
      name,
      ts,
      value,
      labels === null || Object.keys(labels).length === 0 ? undefined : labels,
    ),
  );
const anyTrade = fc
  .tuple(
    moment,
    number,
    number,
    fc.constantFrom(undefined, "1", "2"),
    fc.constantFrom(undefined, "v"),
  )
  .map(([ts, price, size, id, venue]) =>
    trade(ts, price, size, {
      ...(id === undefined ? {} : { id }),
      ...(venue === undefined ? {} : { venue }),
    }),
  );
const anyPosition = fc
  .tuple(
    moment,
    number,
    fc.option(number, { nil: undefined }),
    fc.constantFrom(undefined, "a", "'"),
  )
  .map(([ts, quantity, avgPrice, account]) => position(ts, quantity, avgPrice, account));
const levels = fc.uniqueArray(fc.tuple(number, number), {
  maxLength: 3,
  // 0 and -0 are one price.
  selector: ([price]) => price + 0,
});
const anyBook = fc
  .tuple(moment, levels, levels, fc.option(fc.nat(), { nil: undefined }), fc.nat(3))
  .map(([ts, bids, asks, seq, form]) =>
    form === 0
      ? bookDiff(ts, bids, asks)
      : // As it is read again: sorted, and with sizes.
        bookSample(
          ts,
          positive(bids).sort(([a], [b]) => b - a),
          positive(asks).sort(([a], [b]) => a - b),
          seq,
        ),
  );
const account = fc.constantFrom({}, { account: "a" }, { account: "'", venue: "v" });
const anyOrder = fc
  .tuple(
    ...([moment, fc.constantFrom("1", "2"), fc.constantFrom(...ORDER_STATUSES), account] as const),
    fc.record(
      {
        side: fc.constantFrom("buy" as const, "sell" as const),
        ...{ quantity: number, price: number, filled: number, avg_price: number },
        ...{ type: fc.constantFrom("limit", "'"), correlation_id: fc.constantFrom("c", "😀") },
      },
      { requiredKeys: [], noNullPrototype: true },
    ),
  )
  .map(([ts, id, status, whose, rest]) => order(ts, id, status, { ...rest, ...whose }));
const anyNote = fc
  .tuple(
    ...([moment, fc.constantFrom("i", "t'", "😀")] as const),
    fc.record(
      {
        level: fc.constantFrom("info" as const, "warn" as const, "error" as const),
        id: fc.constantFrom("i", "t'"),
      },
      { requiredKeys: [], noNullPrototype: true },
    ),
  )
  .map(([ts, text, rest]) => note(ts, text, rest));
const text = fc.constantFrom("", "x", "it's", '"\\', "{,}", "a\nb", "😀 NULL");
const anyLine = fc
  .tuple(
    moment,
    text,
    fc.constantFrom(...LOG_LEVELS),
    fc.record(
      {
        service: text.filter((one) => one !== ""),
        correlation_id: fc.constantFrom("1", "'"),
        fields: fc.dictionary(
          text.filter((one) => one !== ""),
          fc.jsonValue({ maxDepth: 2 }),
          {
            ...{ minKeys: 1, maxKeys: 2, noNullPrototype: true },
          },
        ),
        cut: fc.constant(true as const),
      },
      { requiredKeys: [], noNullPrototype: true },
    ),
  )
  // JSON knows one zero.
  .map(([ts, event, level, rest]) =>
    line(ts, event, { level, ...(JSON.parse(JSON.stringify(rest)) as typeof rest) }),
  );
const anyAlert = fc
  .tuple(
    ...([moment, fc.constantFrom("r", "cpu-high"), fc.constantFrom(...ALERT_STATES)] as const),
    ...([fc.constantFrom(...ALERT_STATES), fc.constantFrom(...ALERT_SEVERITIES), text] as const),
    fc.record(
      { series: fc.constantFrom("m", 'm{a="\'"}'), value: number },
      { requiredKeys: [], noNullPrototype: true },
    ),
  )
  .map(([ts, rule, from, state, severity, message, rest]) =>
    alert(ts, rule, { from, state, severity, message, ...rest }),
  );
export const anyFrames = fc
  .array(
    fc.array(
      fc.oneof(anyMetric, anyTrade, anyPosition, anyBook, anyOrder, anyNote, anyLine, anyAlert),
      {
        minLength: 1,
        maxLength: 6,
      },
    ),
    {
      minLength: 1,
      maxLength: 12,
    },
  )
  .map((all) => all.map((events, i) => frame((i + 1) * 10, ...events)));

function positive(side: readonly Level[]): Level[] {
  // A book knows one zero.
  return side.map(([price, size]) => [price + 0, Math.abs(size) || 1]);
}

/** What must be in the database, by the words of the invariants and nothing cleverer. */
export function survivorsOf(frames: readonly StoredFrame[]): StoredFrame[] {
  const kept = new Map<string, { cursor: number; ordinal: number; event: TapeEvent }>();
  for (const { cursor, events } of frames) {
    events.forEach((event, ordinal) => {
      const place = { cursor, ordinal, event };
      if (event.kind === "position") {
        // INV-9: the later wins.
        kept.set(`p ${event.ts} ${event.account ?? ""}`, place);
      } else if (event.kind === "order") {
        const { ts, id, venue, account: owner, status } = event;
        kept.set(`o ${JSON.stringify([ts, id, venue, owner, status])}`, place);
      } else if (event.kind === "note") {
        kept.set(`n ${noteKey(event)}`, place);
      } else if (event.kind === "metric") {
        // And so with points.
        kept.set(`m ${event.ts} ${event.metric} ${canonicalLabels(event.labels)}`, place);
      } else if (event.kind === "book") {
        // Of books the samples are kept, each in its place.
        if (event.sampled) kept.set(`b ${cursor} ${ordinal}`, place);
      } else if (event.kind === "log" || event.kind === "alert") {
        // A line, or a change of an alert, is its place.
        kept.set(`l ${cursor} ${ordinal}`, place);
      } else if (event.id !== undefined) {
        // The same trade is kept once: the first.
        const key = `t ${event.ts} ${event.venue} ${event.id}`;
        if (!kept.has(key)) kept.set(key, place);
      } else {
        kept.set(`t ${cursor} ${ordinal}`, place);
      }
    });
  }
  const byFrame = new Map<number, { ordinal: number; event: TapeEvent }[]>();
  for (const { cursor, ordinal, event } of kept.values()) {
    byFrame.set(cursor, [...(byFrame.get(cursor) ?? []), { ordinal, event }]);
  }
  return [...byFrame]
    .sort(([a], [b]) => a - b)
    .map(([cursor, events]) =>
      frame(cursor, ...events.sort((a, b) => a.ordinal - b.ordinal).map(({ event }) => event)),
    );
}
