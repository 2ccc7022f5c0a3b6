import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { AGGREGATES } from "../../../../src/protocol/words/aggregate.ts";
import { RANGE_NAMES } from "../../../../web/data/bars/ranges.ts";
import {
  type Bounds,
  boundsOf,
  EMPTY_PANEL,
  type ExploreState,
  exploreOf,
  fixed,
  pathOfExplore,
  type Span,
  scaled,
  shifted,
} from "../../../../web/data/explore/explore-state.ts";
import { anySymbol } from "../../../any-symbol.ts";

const T = 1_795_763_000_000_000;
const searchOf = (state: ExploreState) => new URL(pathOfExplore(state), "http://tape.test").search;
const BOUNDS = { fromUs: T, toUs: T + 60e6 };

describe("the address of what is explored", () => {
  const anyPanel = fc.record({
    symbols: fc.uniqueArray(anySymbol, { maxLength: 3 }),
    of: fc.constantFrom("metric" as const, "price" as const, "change" as const, "volume" as const),
    metric: fc.string({ unit: "binary" }),
    labels: fc.string({ unit: "binary" }),
    agg: fc.constantFrom(...AGGREGATES),
  });
  const anyState: fc.Arbitrary<ExploreState> = fc.record({
    panels: fc.array(anyPanel, { maxLength: 4 }),
    span: fc.oneof(
      fc.constantFrom(...RANGE_NAMES).map((range) => ({ kind: "last" as const, range })),
      fc.nat(1e9).map((us) => fixed(T, T + us)),
    ),
    isCompared: fc.boolean(),
  });
  test("has all that was chosen, and leads back to it", () => {
    fc.assert(
      fc.property(anyState, (state) => {
        expect(exploreOf(searchOf(state))).toEqual(state);
      }),
    );
  });

  test("of any text is a state whose own address leads to itself", () => {
    const anyWord = fc.constantFrom(
      ...[
        "symbols=A,,A",
        "metric=m",
        "labels=a:b",
        "agg=p99",
        "agg=no",
        "of=price",
        "of=__proto__",
        "compare=yesterday",
      ],
      ...["from=5", "to=9e3", "to=99999999", "range=7d", "range=__proto__", "%", "&&", "=", "#"],
    );
    const anySearch = fc.oneof(
      fc.string(),
      fc.array(anyWord).map((words) => words.join("&")),
    );
    fc.assert(
      fc.property(anySearch, (search) => {
        const state = exploreOf(`?${search}`);
        expect(exploreOf(searchOf(state))).toEqual(state);
      }),
    );
  });

  test("is read and written by hand", () => {
    const search =
      "?range=6h&compare=yesterday&symbols=BTC-USD,ETH-USD&metric=lag_ms&labels=venue:X/Y&agg=p99&symbols=ACME&of=change";
    expect(exploreOf(search)).toEqual({
      panels: [
        {
          symbols: ["BTC-USD", "ETH-USD"],
          of: "metric",
          metric: "lag_ms",
          labels: "venue:X/Y",
          agg: "p99",
        },
        { ...EMPTY_PANEL, symbols: ["ACME"], of: "change" },
      ],
      ...{ span: { kind: "last", range: "6h" }, isCompared: true },
    });
    expect(pathOfExplore(exploreOf(search))).toBe(`/explore${search}`);
  });

  test("has no more panels than a page can ask for", () => {
    const panels = (count: number) => "symbols=A&metric=m&".repeat(count);
    expect(exploreOf(`?${panels(24)}`).panels).toHaveLength(24);
    expect(exploreOf(`?${panels(500)}metric=last`)).toEqual(exploreOf(`?${panels(24)}`));
  });

  test.each([
    ["nothing", ""],
    ["a range, an aggregate and times there are not", "?range=9h&agg=median&from=b&to=1"],
    ["a metric of no symbol", "?metric=lag_ms"],
    ["an end before its beginning", "?from=20&to=10"],
  ])("%s leaves the panels to the page, over the last hour", (_what, search) => {
    expect(exploreOf(search)).toEqual({
      panels: [],
      ...{ span: { kind: "last", range: "1h" }, isCompared: false },
    });
  });
});

describe("the time of all panels", () => {
  const boundsIn = (span: Span): Bounds => boundsOf(span, Number.NaN);

  test("up to now has the point of this moment, the end being exclusive", () => {
    expect(boundsOf({ kind: "last", range: "5m" }, T / 1_000)).toEqual({
      fromUs: T + 1 - 300e6,
      toUs: T + 1,
    });
  });

  test("is made longer and shorter around its middle, moved by parts of it, and never ends ahead", () => {
    const late = T + 1e12;
    expect(scaled(BOUNDS, 0.5, late)).toEqual(fixed(T + 15e6, T + 45e6));
    expect(scaled(BOUNDS, 2, late)).toEqual(fixed(T - 30e6, T + 90e6));
    expect(scaled(BOUNDS, 2, T + 60e6)).toEqual(fixed(T - 60e6, T + 60e6));
    expect(shifted(BOUNDS, -0.5, late)).toEqual(fixed(T - 30e6, T + 30e6));
    expect(shifted(BOUNDS, 0.5, T + 70e6)).toEqual(fixed(T + 10e6, T + 70e6));
    expect(fixed(T + 0.25, T + 0.5)).toEqual({
      kind: "fixed",
      bounds: { fromUs: T, toUs: T + 100_000 },
    });
  });

  test("however it is moved, has some length, its end in the past, and an address", () => {
    const anyMove = fc.oneof(
      fc.constantFrom(0.5, 2).map((factor) => (at: Bounds) => scaled(at, factor, T + 1e9)),
      fc.constantFrom(-0.5, 0.5).map((share) => (at: Bounds) => shifted(at, share, T + 1e9)),
    );
    const often = (at: Bounds) => scaled(at, 2 ** 30, T + 1e9);
    const anyMoves = fc.array(fc.oneof(anyMove, fc.constant(often)), { maxLength: 12 });
    fc.assert(
      fc.property(fc.nat(1e9), anyMoves, (lengthUs, moves) => {
        let span = fixed(T, T + lengthUs);
        for (const move of moves) {
          span = move(boundsIn(span));
          const { fromUs, toUs } = boundsIn(span);
          expect(toUs - fromUs).toBeGreaterThanOrEqual(100_000);
          expect(toUs).toBeLessThanOrEqual(T + 1e9);
          const state = { panels: [EMPTY_PANEL], span, isCompared: false };
          expect(exploreOf(searchOf(state)).span).toEqual(span);
        }
      }),
    );
  });
});
