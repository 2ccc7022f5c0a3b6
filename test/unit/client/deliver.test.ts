import { expect, it } from "vitest";
import { deliverAnswer, deliverMessage } from "../../../client/deliver.ts";
import type { Place } from "../../../client/state.ts";
import type { PollAnswer, PollGap } from "../../../src/protocol/answers/answers.ts";
import type { LogId } from "../../../src/protocol/words/log-id.ts";
import type { Cursor, EpochUs } from "../../../src/protocol/words/time.ts";

const at = (cursor: number) => cursor as Cursor;
const log = "log" as LogId;
const place: Place = { cursor: at(100), log };
const metric = (value: number) => ({
  ...({ kind: "metric", metric: "m" } as const),
  ...{ ts: value as EpochUs, value },
});
const gapOf = (from: number, to: number, reason: PollGap["reason"]): PollGap => ({
  ...{ from: at(from), to: at(to), reason },
});

/** An answer with an event at each of these cursors. */
function answerOf(cursors: number[], more: Partial<PollAnswer> = {}): PollAnswer {
  const through = cursors.at(-1) ?? 0;
  return {
    events: cursors.map(metric),
    frames: cursors.map((cursor) => [through - cursor, 1]),
    ...{ cursor: at(through), oldest: at(0), log, complete: false },
    ...more,
  };
}

/** What a consumer gets, each with where it stands after it. */
const told = (answer: PollAnswer) =>
  deliverAnswer(place, answer).effects.flatMap(({ delivery, place: { cursor } }) => {
    if (delivery.type === "gap") {
      return [`${delivery.reason} ${delivery.from}-${delivery.to} @${cursor}`];
    }
    return delivery.type === "events" ? [`${delivery.events.length} events @${cursor}`] : [];
  });

it("Q-2 an answer's gaps are told as what they are, each where it begins among the events", () => {
  const gaps = [gapOf(100, 150, "expired"), gapOf(200, 300, "unavailable")];
  expect(told(answerOf([120, 200, 310], { gaps }))).toEqual([
    "expired 100-150 @100",
    "1 events @120",
    "1 events @200",
    "unavailable 200-300 @300",
    "1 events @310",
  ]);
});

it("S-10 what is kept of an expired range is delivered after its gap", () => {
  const gap = {
    type: "gap",
    from: at(100),
    to: at(150),
    reason: "expired",
    dropped: null,
  } as const;
  const after = deliverMessage(place, gap, log);
  expect(after).toMatchObject({ place, effects: [{ delivery: gap }] });
  const events = { type: "events", cursor: at(120), events: [metric(1)] } as const;
  const message = { ...events, events: [...events.events] };
  expect(deliverMessage(after.place, message, log)).toMatchObject({
    place: { cursor: 120 },
    effects: [{ delivery: events }],
  });
  // From another log that handed over: the cursor is still that log's.
  const former: Place = { cursor: at(100), log: "former" as LogId };
  expect(deliverMessage(former, gap, log).place).toEqual(former);
});

it("Q-2 a server of before that says nothing of why could not read it", () => {
  expect(told(answerOf([310], { oldest: at(300) }))).toEqual([
    "unavailable 100-300 @300",
    "1 events @310",
  ]);
  expect(told(answerOf([310], { complete: true }))).toEqual(["1 events @310"]);
});
