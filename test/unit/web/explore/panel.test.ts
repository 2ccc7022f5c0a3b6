import { parse } from "csv-parse/sync";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type {
  HistoryAnswer,
  MetricNamesAnswer,
  SeriesAnswer,
} from "../../../../src/protocol/answers/answers.ts";
import type { EpochUs } from "../../../../src/protocol/words/time.ts";
import type { PanelQuestion, Source } from "../../../../web/data/explore/explore-state.ts";
import { csvOf } from "../../../../web/data/explore/panel-csv.ts";
import {
  barLine,
  DAY_US,
  nameOf,
  type PanelAnswer,
  titleOf,
} from "../../../../web/data/explore/panel-lines.ts";
import { emptinessOf, labelsOf, metricsOf } from "../../../../web/data/explore/why-empty.ts";
import { labelsOfText, pairOf } from "../../../../web/data/words/label-text.ts";
import type { Answer } from "../../../../web/feed/api.ts";
import { askPanel } from "../../../../web/feed/explore/ask-panel.ts";

const T = 1_795_763_000_000_000;
const QUESTION: PanelQuestion = {
  ...{ symbols: ["ACME"], of: "metric", metric: "lag_ms", labels: "", agg: "avg" },
};
const BOUNDS = { fromUs: T, toUs: T + 60e6 };

describe("what a panel asks", () => {
  type Asked = Parameters<Parameters<typeof askPanel>[0]["series"]>[0];
  const view = { bounds: BOUNDS, points: 300, isCompared: false };

  function seriesOf(answer: (asked: Asked) => Answer<SeriesAnswer>) {
    const asked: Asked[] = [];
    const series = async (query: Asked) => {
      asked.push(query);
      return answer(query);
    };
    const history = async () => {
      throw new Error("bars of a metric");
    };
    return { asked, api: { series, history } };
  }

  const columns = (symbol: string, ts: number[], more: object, labels = {}) =>
    ({ metric: "lag_ms", symbol, labels, ts, ...more }) as SeriesAnswer["series"][number];
  const ok = (...series: SeriesAnswer["series"]): Answer<SeriesAnswer> => ({
    kind: "ok",
    value: { cursor: 1, step_us: 5e6, series } as unknown as SeriesAnswer,
  });
  const unknownMetric = { kind: "refused", status: 404, detail: "none" } as const;

  test("is its metric of each symbol, in as many points as it is wide, with the means' range", async () => {
    const { asked, api } = seriesOf(({ symbol }) =>
      ok(columns(symbol, [T], { avg: [2], min: [1], max: [4] }, { venue: "X" })),
    );
    const question = { ...QUESTION, symbols: ["A", "B"], labels: "venue:X" };
    const answer = await askPanel(api, question, view);
    const both = { metric: "lag_ms", labels: "venue:X", points: 300, agg: "avg,min,max" };
    const range = { from: BOUNDS.fromUs, to: BOUNDS.toUs };
    expect(asked).toEqual([
      { symbol: "A", ...both, ...range },
      { symbol: "B", ...both, ...range },
    ]);
    if (answer.kind !== "ok") throw new Error(answer.kind);
    const { lines, compared, stepUs, lineCount, missing } = answer.value;
    expect([stepUs, compared, lineCount, missing]).toEqual([5e6, [], 2, []]);
    expect(lines.map(({ points }) => points)).toEqual([
      [{ ts: T, mean: 2, last: 2, min: 1, max: 4, count: 1 }],
      [{ ts: T, mean: 2, last: 2, min: 1, max: 4, count: 1 }],
    ]);
    expect(
      lines.map((line) => [2, 1].map((symbolCount) => nameOf(line, { lines, symbolCount }))),
    ).toEqual([
      ["A venue=X", "venue=X"],
      ["B venue=X", "venue=X"],
    ]);
  });

  test("of more symbols than have room is of the first ones, and names the others", async () => {
    const { asked, api } = seriesOf(({ symbol }) => ok(columns(symbol, [T], { avg: [1] })));
    const underWay = { now: 0, most: 0 };
    const counted: typeof api = {
      ...api,
      async series(query) {
        underWay.now += 1;
        underWay.most = Math.max(underWay.most, underWay.now);
        const answer = await api.series(query);
        underWay.now -= 1;
        return answer;
      },
    };
    const symbols = Array.from({ length: 14 }, (_, at) => `S${at}`);
    const question = { ...QUESTION, symbols };
    const answer = await askPanel(counted, question, { ...view, isCompared: true });
    if (answer.kind !== "ok") throw new Error(answer.kind);
    expect(asked).toHaveLength(24);
    // Both days of a symbol, and then the next one: a reader's questions that wait are counted.
    expect(underWay.most).toBe(2);
    expect(answer.value.unasked).toEqual(["S12", "S13"]);
  });

  test("is bars where it is a price, as fine as the panel is wide, and with yesterday's", async () => {
    const asked: object[] = [];
    const bar = (ts: number, open: number, close: number) => ({
      ...{ ts, open, high: close + 2, low: open - 1, close, volume: 7 },
    });
    const api: Parameters<typeof askPanel>[0] = {
      series: async () => {
        throw new Error("points of bars");
      },
      history: async (symbol, query) => {
        asked.push({ symbol, ...query });
        const bars = query.to === BOUNDS.toUs ? [bar(T, 40, 50), bar(T + 5e6, 50, 60)] : [];
        const value = { symbol, interval: query.interval, cursor: 1, bars };
        return { kind: "ok", value: value as unknown as HistoryAnswer };
      },
    };
    const draw = async (of: Source, isCompared = false) => {
      const answer = await askPanel(api, { ...QUESTION, of }, { ...view, points: 12, isCompared });
      if (answer.kind !== "ok") throw new Error(answer.kind);
      return answer.value;
    };
    const price = await draw("price", true);
    expect(asked).toEqual(
      [0, DAY_US].map((earlierUs) => ({
        ...{ symbol: "ACME", interval: "5s", limit: 10_000 },
        ...{ from: T - (T % 5e6) - earlierUs, to: BOUNDS.toUs - earlierUs },
      })),
    );
    expect(price.stepUs).toBe(5e6);
    expect(price.lines[0]?.points).toEqual([
      { ts: T, mean: 50, last: 50, min: 39, max: 52, count: 1 },
      { ts: T + 5e6, mean: 60, last: 60, min: 49, max: 62, count: 1 },
    ]);
    // In percent of the first open.
    expect((await draw("change")).lines[0]?.points.map(({ mean }) => mean)).toEqual([25, 50]);
    expect((await draw("volume")).lines[0]?.points.map(({ max }) => max)).toEqual([7, 7]);
    const rows = parse(csvOf(await draw("volume")), { columns: true, record_delimiter: "\r\n" });
    expect(rows[0]).toMatchObject({ metric: "volume", aggregate: "", value: "7" });
    const empty = { ...price, lines: [{ ...price.lines[0], points: [] }], compared: [] };
    expect(emptinessOf({ ...QUESTION, of: "price", metric: "" }, empty as never, null)).toEqual({
      ...{ kind: "no_points", newestUs: null },
    });
    const dated = [{ metric: "", last_ts: BOUNDS.fromUs as EpochUs }];
    expect(emptinessOf({ ...QUESTION, of: "price", metric: "" }, empty as never, dated)).toEqual({
      ...{ kind: "no_points", newestUs: BOUNDS.fromUs },
    });
  });

  test("of a price that is not positive has no percent", () => {
    const bars = [{ ts: T, open: -2, high: 1, low: -3, close: -1, volume: 1 }];
    const answer = { symbol: "OIL", interval: "1s", cursor: 1, bars } as unknown as HistoryAnswer;
    expect(barLine(answer, "change", 0).points).toEqual([]);
    expect(barLine(answer, "price", 0).points).toHaveLength(1);
  });

  test("is said in a line", () => {
    expect(titleOf({ ...QUESTION, of: "change" })).toBe("ACME · Change, %");
    expect(titleOf({ ...QUESTION, symbols: ["A", "B"] })).toBe("A, B · lag_ms · avg");
    expect(titleOf({ ...QUESTION, labels: "a:b", agg: "p99" })).toBe("ACME · lag_ms · a:b · p99");
  });

  test("with yesterday is the day before too, at the times of now, each line beside its own", async () => {
    const { api } = seriesOf(({ from }) =>
      from === BOUNDS.fromUs
        ? ok(columns("ACME", [T + 5e6], { p99: [7] }, { leg: "b" }))
        : ok(
            columns("ACME", [T - DAY_US], { p99: [5] }, { leg: "a" }),
            columns("ACME", [T - DAY_US + 5e6], { p99: [6] }, { leg: "b" }),
          ),
    );
    const answer = await askPanel(api, { ...QUESTION, agg: "p99" }, { ...view, isCompared: true });
    if (answer.kind !== "ok") throw new Error(answer.kind);
    const drawn = (lines: typeof answer.value.lines) =>
      lines.map(({ labels, points }) => [labels["leg"], points.map(({ ts, mean }) => [ts, mean])]);
    expect(drawn(answer.value.lines)).toEqual([
      ["b", [[T + 5e6, 7]]],
      ["a", []],
    ]);
    expect(drawn(answer.value.compared)).toEqual([
      ["b", [[T + 5e6, 6]]],
      ["a", [[T, 5]]],
    ]);
  });

  test("leaves out steps of which nothing is known, and lines that have no room", async () => {
    const { api } = seriesOf(({ symbol }) =>
      ok(
        ...Array.from({ length: 15 }, (_, at) =>
          columns(symbol, [T, T + 5e6], { rate: [null, at] }, { at: String(at) }),
        ),
      ),
    );
    const answer = await askPanel(api, { ...QUESTION, agg: "rate" }, view);
    if (answer.kind !== "ok") throw new Error(answer.kind);
    expect([answer.value.lines.length, answer.value.lineCount]).toEqual([12, 15]);
    expect(answer.value.lines[3]?.points).toEqual([
      { ts: T + 5e6, mean: 3, last: 3, min: 3, max: 3, count: 1 },
    ]);
  });

  test("of several symbols is answered where one has no such metric, and fails where the server does", async () => {
    const question = { ...QUESTION, symbols: ["A", "B", "C"] };
    const some = seriesOf(({ symbol }) => {
      if (symbol === "A") return { kind: "unknown" };
      return symbol === "B" ? unknownMetric : ok(columns("C", [T], { avg: [1] }));
    });
    const answer = await askPanel(some.api, question, view);
    if (answer.kind !== "ok") throw new Error(answer.kind);
    expect(answer.value.lines.map(({ symbol }) => symbol)).toEqual(["C"]);
    expect(answer.value.missing).toEqual([
      { symbol: "A", what: "symbol" },
      { symbol: "B", what: "metric" },
    ]);
    const failure = { kind: "failed", status: 503, detail: "away" } as const;
    const failing = seriesOf(({ symbol }) => (symbol === "B" ? failure : ok()));
    expect(await askPanel(failing.api, question, view)).toEqual(failure);
  });
});

describe("a panel that draws nothing", () => {
  const names = [
    { metric: "lag_ms", labels: { venue: "X" }, last_ts: T - 9 },
    { metric: "lag_ms", labels: { venue: "Y", note: "a,b" }, last_ts: T - 5 },
    { metric: "load", labels: {}, last_ts: T },
  ] as MetricNamesAnswer["metrics"];
  const none = {
    ...{ question: QUESTION, bounds: BOUNDS, stepUs: 1, lines: [], compared: [] },
    ...{ lineCount: 0, missing: [], unasked: [] },
  };
  const line = { key: "k", symbol: "ACME", labels: {}, points: [] };
  const point = { ts: T, mean: 1, last: 1, min: 1, max: 1, count: 1 };

  test("says why", () => {
    const why = (question: object, answer: object | null = {}) =>
      emptinessOf({ ...QUESTION, ...question }, answer && { ...none, ...answer }, names);
    expect(why({ symbols: [] })).toEqual({ kind: "no_symbol" });
    expect(why({ metric: "" }, null)).toEqual({ kind: "no_metric", symbol: "ACME" });
    expect(why({}, { missing: [{ symbol: "ACME", what: "symbol" }] })).toEqual({
      ...{ kind: "unknown_symbol", symbol: "ACME" },
    });
    expect(why({}, { missing: [{ symbol: "ACME", what: "metric" }] })).toEqual({
      ...{ kind: "unknown_metric", symbol: "ACME" },
    });
    expect(
      why({ symbols: ["A", "B"] }, { missing: [{ symbol: "A", what: "metric" }], unasked: ["B"] }),
    ).toEqual({ kind: "unknown_metric", symbol: "A" });
    expect(
      why({ symbols: ["A", "B"] }, { missing: [{ symbol: "A", what: "metric" }] }),
    ).toMatchObject({ kind: "no_points" });
    expect(why({}, { lines: [line] })).toEqual({ kind: "not_told" });
    expect(why({})).toEqual({ kind: "no_points", newestUs: T - 5 });
    expect(why({ metric: "gone" })).toEqual({ kind: "no_points", newestUs: null });
  });

  test("is none where there is a point, of today or of yesterday, or no answer yet", () => {
    const drawn = [{ ...line, points: [point] }];
    expect(emptinessOf(QUESTION, { ...none, lines: drawn }, names)).toBeNull();
    expect(emptinessOf(QUESTION, { ...none, lines: [line], compared: drawn }, names)).toBeNull();
    expect(emptinessOf(QUESTION, null, names)).toBeNull();
  });

  test("is offered what the symbol has, but no label that a pair cannot say", () => {
    expect(metricsOf(names)).toEqual(["lag_ms", "load"]);
    expect(labelsOf(names, "lag_ms")).toEqual(["venue:X", "venue:Y"]);
    expect(labelsOf(null, "lag_ms")).toEqual([]);
  });
});

describe("labels that are typed", () => {
  test.each([
    ["", {}],
    ["venue:xnas, side:buy", { venue: "xnas", side: "buy" }],
    ['{"venue":"a,b"}', { venue: "a,b" }],
    ["venue", {}],
  ])("%s are those that the server reads", (text, labels) => {
    expect(labelsOfText(text)).toEqual(labels);
  });

  test("are offered as pairs where a pair means them", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), fc.string(), (name, value) => {
        const pair = pairOf(name, value);
        const isHard =
          value === "" || /[:{",]|^\s/.test(name) || /,|\s$|[\n\r\u2028\u2029]/.test(value);
        expect(pair === null).toBe(isHard);
        if (pair !== null) expect(labelsOfText(pair)).toEqual({ [name]: value });
      }),
    );
    expect(pairOf("venue", "a:b")).toBe("venue:a:b");
    expect([pairOf("venue", "a,b"), pairOf("a:b", "c"), pairOf("a", "")]).toEqual([
      ...[null, null, null],
    ]);
  });
});

describe("a panel's CSV", () => {
  const point = (ts: number, mean: number) => ({
    ts,
    mean,
    last: mean,
    min: mean,
    max: mean,
    count: 1,
  });
  const lineOf = (symbol: string, labels: Record<string, string>, ts: number, mean: number) => ({
    ...{ key: "k", symbol, labels, points: [point(ts, mean)] },
  });
  const answerOf = (question: PanelQuestion, lines: PanelAnswer["lines"]): PanelAnswer => ({
    ...{ question, bounds: BOUNDS, stepUs: 1, lines, compared: [] },
    ...{ lineCount: lines.length, missing: [], unasked: [] },
  });

  test("has each point at its own time, and changes no text", () => {
    const now = [lineOf("=A1", { venue: 'X"' }, T + 1, 0.1)];
    const compared = [lineOf("=A1", { venue: 'X"' }, T, 2)];
    expect(csvOf({ ...answerOf(QUESTION, now), compared }).split("\r\n")).toEqual([
      "ts,symbol,metric,labels,aggregate,value,day",
      '2026-11-27T07:03:20.000001Z,=A1,lag_ms,"{""venue"":""X\\""""}",avg,0.1,now',
      '2026-11-26T07:03:20.000000Z,=A1,lag_ms,"{""venue"":""X\\""""}",avg,2,before',
      "",
    ]);
  });

  test("is read back as it was, whatever texts and numbers are in it", () => {
    const anyText = fc.string({ unit: fc.constantFrom(..."a,\"\r\n\t =é'<"), minLength: 1 });
    const anyValue = fc.double({ noNaN: true, noDefaultInfinity: true });
    fc.assert(
      fc.property(anyText, anyText, anyText, anyValue, (symbol, metric, label, value) => {
        const lines = [lineOf(symbol, { [label]: label }, T, value)];
        const csv = csvOf(answerOf({ ...QUESTION, metric }, lines));
        const [, row] = parse(csv, { record_delimiter: "\r\n" }) as string[][];
        expect(row?.slice(1, 3)).toEqual([symbol, metric]);
        expect(JSON.parse(row?.[3] ?? "")).toEqual({ [label]: label });
        expect(Number(row?.[5])).toBe(Number(String(value)));
      }),
    );
  });
});
