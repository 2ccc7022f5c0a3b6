import { expect, test } from "vitest";
import type { MetricEvent } from "../../../src/protocol/events/event.ts";
import type { SymbolName } from "../../../src/protocol/words/symbol.ts";
import type { Cursor, EpochUs } from "../../../src/protocol/words/time.ts";
import { RANGES, type Span } from "../../../web/data/bars/ranges.ts";
import type { Api, SeriesQuery } from "../../../web/feed/api.ts";
import { openPanelFeed } from "../../../web/feed/panels/panel-feed.ts";
import { fakeClock } from "../client/fake-clock.ts";

const T0 = 1_700_000_000_000_000;

function point(atS: number, value: number, labels?: Record<string, string>): MetricEvent {
  const ts = (T0 + atS * 1e6) as EpochUs;
  return { kind: "metric", metric: "latency", ts, value, ...(labels ? { labels } : {}) };
}

/** A server with the points so far in 1 s steps, answering after 50 ms. */
function world(points: { cursor: Cursor; event: MetricEvent }[], span: Span | null = RANGES["5m"]) {
  const clock = fakeClock(T0 / 1_000);
  const asked: SeriesQuery[] = [];
  let namesAsked = 0;
  const later = <T>(value: T) =>
    new Promise<{ kind: "ok"; value: T }>((resolve) => {
      clock.setTimer(() => resolve({ kind: "ok", value }), 50);
    });
  const api: Pick<Api, "metricNames" | "series"> = {
    metricNames: () => {
      namesAsked += 1;
      return later({
        metrics: points
          .slice(-1)
          .map(({ event }) => ({ metric: "latency", labels: {}, last_ts: event.ts })),
        ...{ series: points.length, truncated: false },
      });
    },
    series: (query) => {
      asked.push(query);
      const byLabels = Map.groupBy(points, ({ event }) => JSON.stringify(event.labels ?? {}));
      const series = [...byLabels].map(([labels, line]) => {
        const steps = Map.groupBy(line, ({ event }) => Math.floor(event.ts / 1e6) * 1e6);
        const values = [...steps.values()].map((each) => each.map(({ event }) => event.value));
        return {
          metric: "latency",
          symbol: "A" as SymbolName,
          labels: JSON.parse(labels) as Record<string, string>,
          ts: [...steps.keys()] as EpochUs[],
          avg: values.map((step) => step.reduce((sum, value) => sum + value, 0) / step.length),
          min: values.map((step) => Math.min(...step)),
          max: values.map((step) => Math.max(...step)),
          count: values.map((step) => step.length),
          last: values.map((step) => step.at(-1) ?? Number.NaN),
        };
      });
      return later({ cursor: points.at(-1)?.cursor ?? (0 as Cursor), step_us: 1e6, series });
    },
  };
  const feed = openPanelFeed(
    {
      api: api as Api,
      setTimer: clock.setTimer,
      nowMs: clock.nowMs,
      random: () => 0.5,
      mark: () => {},
      failed: () => {},
    },
    "A",
    span,
  );
  return { clock, feed, asked, namesAsked: () => namesAsked };
}

test("INV-3 a live point goes on where the answer ended, and into the mean of its step", async () => {
  const points = [10, 20].map((value, i) => ({
    cursor: (100 + i) as Cursor,
    event: point(0, value),
  }));
  const { clock, feed } = world(points);
  feed.load();
  await clock.advance(60);
  // On its way while the series is asked for: one frame the answer holds already, one it does not.
  feed.take({ cursor: 101 as Cursor, events: [point(0, 20)] });
  feed.take({ cursor: 102 as Cursor, events: [point(0.5, 60)] });
  await clock.advance(60);
  feed.take({ cursor: 103 as Cursor, events: [point(1, 7)] });
  feed.take({ cursor: 103 as Cursor, events: [point(1, 7)] });
  const panel = feed.panels()[0];
  expect(panel?.lines[0]?.points).toEqual([
    { ts: T0, mean: 30, last: 60, min: 10, max: 60, count: 3 },
    { ts: T0 + 1e6, mean: 7, last: 7, min: 7, max: 7, count: 1 },
  ]);
});

test("the last value of a step is that of its newest point, whatever comes late", async () => {
  const points = [10, 20].map((value, i) => ({
    cursor: (100 + i) as Cursor,
    event: point(i / 10, value),
  }));
  const { clock, feed } = world(points);
  feed.load();
  await clock.advance(120);
  const last = () => feed.panels()[0]?.lines[0]?.points.at(-1)?.last;
  expect(last()).toBe(20);
  feed.take({ cursor: 102 as Cursor, events: [point(0.5, 7), point(0.3, 99)] });
  expect(last()).toBe(7);
  feed.take({ cursor: 103 as Cursor, events: [point(0.5, 8)] });
  expect(last()).toBe(8);
});

test("a metric first seen live becomes a panel, with the past it may have", async () => {
  const points = [{ cursor: 100 as Cursor, event: point(0, 1, { venue: "a" }) }];
  const { clock, feed, asked } = world(points);
  feed.take({ cursor: 101 as Cursor, events: [point(3, 5, { venue: "b" })] });
  expect(feed.panels().map((panel) => panel.state)).toEqual(["loading"]);
  points.push({ cursor: 101 as Cursor, event: point(3, 5, { venue: "b" }) });
  feed.take({ cursor: 102 as Cursor, events: [point(4, 6, { venue: "b" })] });
  await clock.advance(60);
  expect(asked).toHaveLength(1);
  expect(feed.panels()[0]?.lines.map((line) => [line.labels["venue"], line.points.length])).toEqual(
    [
      ["a", 1],
      ["b", 2],
    ],
  );
});

test("before a span is chosen metrics are known by name, and then each line and no name is asked for", async () => {
  const points = [{ cursor: 100 as Cursor, event: point(0, 1) }];
  const { clock, feed, asked, namesAsked } = world(points, null);
  feed.load();
  // What comes meanwhile is in the answer to a later question.
  points.push({ cursor: 101 as Cursor, event: point(1, 2) });
  feed.take({ cursor: 101 as Cursor, events: [point(1, 2)] });
  await clock.advance(60);
  expect(feed.panels().map(({ metric, state }) => [metric, state])).toEqual([
    ["latency", "loading"],
  ]);
  expect(asked).toEqual([]);
  feed.choose(RANGES["15m"]);
  feed.take({ cursor: 102 as Cursor, events: [point(2, 3)] });
  await clock.advance(60);
  expect(feed.panels()[0]?.lines[0]?.points.map(({ mean }) => mean)).toEqual([1, 2, 3]);
  expect([asked.length, namesAsked()]).toEqual([1, 1]);
});

test("a span that is chosen before the names are known waits for them", async () => {
  const { clock, feed, asked, namesAsked } = world(
    [{ cursor: 100 as Cursor, event: point(0, 1) }],
    null,
  );
  feed.load();
  feed.choose(RANGES["15m"]);
  await clock.advance(120);
  expect([asked.length, namesAsked()]).toEqual([1, 1]);
  expect(feed.panels()[0]?.state).toBe("ready");
});

test("a window that is moved asks for each line once, and for no name again", async () => {
  const { clock, feed, asked, namesAsked } = world([{ cursor: 100 as Cursor, event: point(0, 1) }]);
  feed.load();
  await clock.advance(120);
  for (const back of [100e6, 200e6, 300e6]) {
    feed.choose({ fromUs: T0 - back, rangeUs: 110e6, toUs: T0 + 10e6 - back, stepUs: null });
    await clock.advance(60);
  }
  expect(asked.slice(1).map(({ from }) => from)).toEqual([T0 - 100e6, T0 - 200e6, T0 - 300e6]);
  expect(namesAsked()).toBe(1);
  // The last of a range ends with what is newest now, which the names tell.
  feed.choose(RANGES["15m"]);
  await clock.advance(120);
  expect([asked.length, namesAsked()]).toEqual([5, 2]);
});

test("spans chosen while the names are on their way cost one question a line", async () => {
  const { clock, feed, asked, namesAsked } = world(
    [{ cursor: 100 as Cursor, event: point(0, 1) }],
    null,
  );
  feed.load();
  for (const range of ["15m", "1h", "6h"] as const) feed.choose(RANGES[range]);
  await clock.advance(120);
  expect([asked.length, namesAsked()]).toEqual([1, 1]);
  expect(asked[0]?.from).toBeLessThanOrEqual(T0 - RANGES["6h"].rangeUs);
});

test("how far the panels go is known with their names, before any line is", async () => {
  const { clock, feed } = world([{ cursor: 100 as Cursor, event: point(0, 1) }], null);
  feed.load();
  expect(feed.endUs()).toBe(0);
  await clock.advance(60);
  expect(feed.endUs()).toBe(T0);
});

test("points that have left the range are dropped, so that a page left open does not grow", async () => {
  const { clock, feed } = world([{ cursor: 100 as Cursor, event: point(0, 1) }]);
  feed.load();
  await clock.advance(120);
  for (let i = 1; i <= 2_000; i++) {
    feed.take({ cursor: (100 + i) as Cursor, events: [point(i, i)] });
  }
  expect(feed.panels()[0]?.lines[0]?.points.length).toBeLessThanOrEqual(301);
});

test("a recording of long ago is asked for around its own time, within the server's limit of steps", async () => {
  const { clock, feed, asked } = world([{ cursor: 100 as Cursor, event: point(-500_000_000, 1) }]);
  feed.load();
  await clock.advance(120);
  const { from, to } = asked[0] ?? { from: 0 };
  expect(from).toBeLessThan(T0 - 500_000_000e6);
  expect((to ?? Number.POSITIVE_INFINITY) - from).toBeLessThanOrEqual(5_000e6);
});

test("what candles show is asked for from one moment to another, and takes the live points within it alone", async () => {
  const { clock, feed, asked } = world([{ cursor: 100 as Cursor, event: point(0, 1) }]);
  feed.load();
  await clock.advance(120);
  const span = { fromUs: T0 - 100e6, rangeUs: 110e6, toUs: T0 + 10e6, stepUs: null };
  feed.choose(span);
  await clock.advance(120);
  expect(asked.at(-1)).toMatchObject({ from: T0 - 100e6, points: 800 });
  expect(asked.at(-1)).not.toHaveProperty("step");
  feed.take({ cursor: 101 as Cursor, events: [point(9, 5), point(10, 6)] });
  expect(feed.panels()[0]?.lines[0]?.points.map(({ ts }) => ts)).toEqual([T0, T0 + 9e6]);
});

test("a window that is open to the end is asked for up to now, in steps that suit its width", async () => {
  const { clock, feed, asked } = world([{ cursor: 100 as Cursor, event: point(0, 1) }]);
  const ago = 1_000e6;
  feed.load();
  feed.choose({ fromUs: T0 - ago, rangeUs: 100e6, toUs: null, stepUs: null });
  await clock.advance(120);
  const { from = 0, points = 0, to } = asked.at(-1) ?? {};
  expect(from).toBe(T0 - ago);
  expect(to).toBeUndefined();
  // Ten times the width, and as many more points; 50 ms are gone by.
  expect(points).toBeGreaterThanOrEqual(8_000);
  expect(points).toBeLessThanOrEqual(8_010);
  feed.take({ cursor: 101 as Cursor, events: [point(500, 5)] });
  expect(feed.panels()[0]?.lines[0]?.points.at(-1)?.ts).toBe(T0 + 500e6);
});
