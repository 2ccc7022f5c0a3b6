import { expect, test } from "vitest";
import type { AlertEvent } from "../../../src/protocol/events/alert.ts";
import type { LatestMessage } from "../../../src/protocol/streams/server-message.ts";
import { alertsIn, firedSince } from "../../../web/data/alerts/fired.ts";

const OPENED_US = 1_000;

function alert(ts: number, more: Partial<AlertEvent> = {}): AlertEvent {
  return {
    ...{ kind: "alert", rule: "high", from: "inactive", state: "firing", value: 101.5 },
    ...{ severity: "warning", message: "above 100" },
    ...more,
    ts: ts as AlertEvent["ts"],
  };
}

const told = (symbol: string, ...events: AlertEvent[]) =>
  alertsIn({ rooms: [{ symbol, cursor: 1, events }] } as unknown as LatestMessage);

test("AL-4 ST-10 a firing that begins while the page is open is told once, with rule, symbol and value", () => {
  const firedBy = firedSince(OPENED_US);
  expect(firedBy(told("A", alert(OPENED_US)))).toEqual([]);
  expect(firedBy(told("A", alert(2_000)))).toEqual([
    { tag: "high\nA\n\n2000", title: "high · A · 101.5", body: "above 100", symbol: "A" },
  ]);
  // What the server answers besides is the same one, and of one that is over or about to be nobody is told.
  const answered = { symbol: "A", rule: "high", series: null, message: "above 100" };
  const since = 2_000 as AlertEvent["ts"];
  expect(firedBy([{ ...answered, since, state: "firing", value: 101.5 }])).toEqual([]);
  expect(firedBy(told("A", alert(3_000, { state: "inactive" })))).toEqual([]);
  expect(firedBy(told("A", alert(4_000, { state: "pending" })))).toEqual([]);
  const { value: _, ...valueless } = alert(5_000);
  expect(firedBy(told("A", valueless))[0]).toMatchObject({ title: "high · A" });
});

test("each symbol, rule and series fires by itself, and in each tab under the same tag", () => {
  const tags = () =>
    firedSince(OPENED_US)([
      ...told("A", alert(2_000, { series: "m" }), alert(2_000, { series: "n" })),
      ...told("B", alert(2_000), alert(2_000, { rule: "low" })),
    ]).map(({ tag }) => tag);
  expect(new Set(tags()).size).toBe(4);
  expect(tags()).toEqual(tags());
});
