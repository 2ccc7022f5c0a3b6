import { describe, expect, test } from "vitest";
import { readFigures, sumOf, sumsBy } from "../../../web/data/figures/exposition.ts";
import { findingsOf } from "../../../web/data/figures/findings.ts";
import { monthCostOf } from "../../../web/data/figures/month-cost.ts";
import { type Look, quantileOf, rateOf } from "../../../web/data/figures/since.ts";

const look = (atMs: number, text: string): Look => ({ atMs, figures: readFigures(text) });

describe("figures", () => {
  test("are read with their labels, and comments and broken lines are passed over", () => {
    const figures = readFigures(
      [
        "# TYPE a counter",
        'a{kind="trade",route="/api/\\"x\\"\\n"} 3',
        'a{kind="metric",route=""} 4e2',
        "b +Inf",
        "nonsense",
        "",
      ].join("\n"),
    );
    expect(figures.get("a")?.[0]).toEqual({
      labels: { kind: "trade", route: '/api/"x"\n' },
      value: 3,
    });
    expect(sumOf(figures, "a")).toBe(403);
    expect(sumOf(figures, "a", { kind: "trade" })).toBe(3);
    expect(sumOf(figures, "none")).toBe(0);
    expect(sumsBy(figures, "a", "kind")).toEqual([
      ["metric", 400],
      ["trade", 3],
    ]);
    expect(sumOf(figures, "b")).toBe(Number.POSITIVE_INFINITY);
  });

  test("grow by so much a second, and one that began anew by nothing that is known", () => {
    const [before, now] = [look(0, "a 10"), look(2_000, "a 30")];
    expect(rateOf(before, now, "a")).toBe(10);
    expect(rateOf(now, look(4_000, "a 5"), "a")).toBeNull();
    expect(rateOf(now, now, "a")).toBeNull();
  });

  test("have quantiles of what came since, between the bounds as histogram_quantile has them", () => {
    const bucket = (le: string, count: number) => `h_bucket{le="${le}"} ${count}`;
    const before = look(0, [bucket("0.1", 5), bucket("1", 5), bucket("+Inf", 5)].join("\n"));
    const now = look(1_000, [bucket("0.1", 15), bucket("1", 25), bucket("+Inf", 25)].join("\n"));
    expect(quantileOf(before, now, "h", 0.5)).toBeCloseTo(0.1);
    expect(quantileOf(before, now, "h", 0.75)).toBeCloseTo(0.55);
    expect(quantileOf(now, now, "h", 0.5)).toBeNull();
    expect(quantileOf(null, look(0, bucket("+Inf", 3)), "h", 0.5)).toBe(0);
  });
});

describe("the cost of a month", () => {
  const said = (requests: number, stores: number) =>
    [
      `edgetape_requests_total{method="POST"} ${requests}`,
      `edgetape_requests_total{method="GET"} ${requests / 10}`,
      `edgetape_store_seconds_count ${stores}`,
      "edgetape_alarms_total 7",
    ].join("\n");

  test("is what is always paid where nothing comes, and what the database holds", () => {
    const nothing = said(0, 0);
    expect(monthCostOf(look(0, nothing), look(60_000, nothing), 10e9)).toBeCloseTo(27.58);
  });

  test("counts requests, calls and rows beyond what is included", () => {
    const cost = monthCostOf(look(0, said(0, 0)), look(60_000, said(1_800, 60)), 0);
    // 33 requests, 34 calls and 30 rows a second, for 2.592 million seconds.
    const [requests, calls, rows] = [85.536, 88.128, 77.76];
    const expected = 24.08 + (requests - 10) * 0.3 + (calls - 1) * 0.15 + (rows - 50);
    expect(cost).toBeCloseTo(expected);
  });

  test("is not known between a look and itself, or without the size of the database", () => {
    const now = look(0, said(1, 1));
    expect(monthCostOf(now, now, 1)).toBeNull();
    expect(monthCostOf(now, look(1_000, said(2, 2)), Number.NaN)).toBeNull();
  });
});

describe("findings", () => {
  const CALM = 'edgetape_runtime_up{runtime="0"} 1\nedgetape_outbox_age_seconds 2';

  test("are none where all is well", () => {
    expect(findingsOf(look(0, CALM), look(60_000, CALM), null)).toEqual([]);
    expect(findingsOf(null, look(0, CALM), null)).toEqual([]);
  });

  test.each([
    ['edgetape_runtime_up{runtime="1"} 0', "Runtime 1 does not answer"],
    ['edgetape_disk_full{disk="rooms"} 1', "The disk of the rooms is full"],
    ["edgetape_outbox_age_seconds 90", "waited for Postgres for 1 min 30 s"],
    ['edgetape_refused_requests_total{cause="outbox-full"} 5', "Pushes are refused: outbox-full"],
    ['edgetape_requests_total{status="5xx"} 1', "Some requests fail"],
    ['edgetape_database_errors_total{use="writer"} 2', "The writer meets failures"],
    ["edgetape_rollup_lag_seconds 1200", "Rollups are 20 min 0 s behind"],
    ['edgetape_gaps_total{reason="reset"} 1', "told of gaps (reset)"],
    ["edgetape_slow_viewers_total 1", "Viewers fall behind"],
    ["edgetape_open_descriptors 95\nedgetape_descriptors_limit 100", "95 of 100 descriptors"],
    ["edgetape_clock_behind_seconds 3600", "behind the tape"],
    [
      'edgetape_ack_seconds_bucket{le="1"} 0\nedgetape_ack_seconds_bucket{le="5"} 10\nedgetape_ack_seconds_bucket{le="+Inf"} 10',
      "One push in a hundred takes 4.96 s",
    ],
  ])("%s", (text, words) => {
    const before = look(
      0,
      text.replace(/_total(\{.*\})? \d+$/, "_total$1 0").replace(/ 10/g, " 0"),
    );
    const found = findingsOf(before, look(60_000, text), null);
    expect(found.map((finding) => finding.words).join()).toContain(words);
    expect(found).toHaveLength(1);
  });

  test("a refusal that says that the push is wrong is none of the server's", () => {
    const text = (count: number) => `edgetape_refused_requests_total{cause="unfit"} ${count}`;
    expect(findingsOf(look(0, text(0)), look(1_000, text(9)), null)).toEqual([]);
  });

  test("a database that is away or nearly full", () => {
    const state = (database: object) => ({ status: "", warnings: [], database }) as never;
    const words = (database: object) =>
      findingsOf(null, look(0, ""), state(database)).map((finding) => finding.words);
    expect(words({ reachable: false })).toEqual(["The database does not answer"]);
    expect(words({ reachable: true, bytes: 85, limit_bytes: 100 })).toEqual([
      "The database has 85 % of the size it may have",
    ]);
    expect(words({ reachable: true, bytes: 10, limit_bytes: 100 })).toEqual([]);
  });
});
