import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { billOf } from "../../../bench/bill/bill.ts";
import { keptRawDays } from "../../../bench/bill/kept-days.ts";
import { AwakeTime, between, Meter } from "../../../bench/bill/meter.ts";
import { type Measured, monthOf, usdOf } from "../../../bench/bill/prices.ts";
import { readWranglerToml } from "../../../dev/build/wrangler-toml.ts";

describe("the time an object is awake", () => {
  it("is that in which anything is pending, once, however much it is", () => {
    const awake = new AwakeTime();
    awake.begin(100);
    awake.begin(110);
    awake.end(120);
    awake.end(150);
    awake.begin(1_000);
    expect(awake.total(1_005)).toBe(55);
    awake.end(1_010);
    expect(awake.total(9_999)).toBe(60);
  });

  it("goes on behind a handler while its answer, a timer or a call is pending", async () => {
    let nowMs = 0;
    const object = new Meter(() => nowMs).object("Host", "one");
    const { promise, resolve } = Promise.withResolvers<void>();
    const answer = object.during(() => promise);
    const over = object.begin();
    nowMs = 20;
    resolve();
    await answer;
    nowMs = 30;
    over();
    over();
    nowMs = 100;
    expect(object.awake.total(nowMs)).toBe(30);
  });
});

describe("a bill", () => {
  it("takes what is included off, and bills whole units of what is sold by the million", () => {
    expect(usdOf("requests", 10_000_000)).toBe(0);
    expect(usdOf("requests", 10_000_001)).toBeCloseTo(0.3);
    expect(usdOf("duration", 400_001)).toBe(12.5);
    expect(usdOf("rowsWritten", 51_500_000)).toBe(2);
    expect(usdOf("compute", 180)).toBeCloseTo(19.08);
  });

  it("counts setAlarm as a row, twenty messages as a request, and a month of both", () => {
    const meter = new Meter(() => 0);
    const before = meter.read();
    const { counters } = meter.object("Host", "one");
    Object.assign(counters, { calls: 10, alarms: 1, messages: 20, alarmsSet: 2, rowsWritten: 9 });
    const measured: Measured = {
      ...{ seconds: 10, events: 1_000, trades: 0, delivered: 0, walBytes: 0 },
      reading: between(before, meter.read()),
      cpu: { runtimeS: 1, databaseS: 0.1 },
    };
    const month = monthOf(measured, 7);
    const tens = (30 * 86_400) / 10;
    expect(month.objectRequests).toBe(12 * tens);
    expect(month.rowsWritten).toBe(11 * tens);
    expect(month.compute).toBe(0.25 * 720);
    expect(billOf(measured, 9)).toContain("Raw data is kept for 9 days.");
  });

  it("is for the days of raw data that a deploy keeps, which the guide of costs names", () => {
    const vars = readWranglerToml(readFileSync("wrangler.toml", "utf8")).vars;
    expect(String(keptRawDays())).toBe(vars["KEEP_RAW_DAYS"]);
    const help = execFileSync(process.execPath, ["bench/bill.ts", "--help"], { encoding: "utf8" });
    expect(help).toContain(`--keep-raw-days ${keptRawDays()}]`);
    const guide = readFileSync("docs/guides/cost.md", "utf8").replaceAll("\n", " ");
    expect(guide).toContain(`Raw data is kept for ${keptRawDays()} days`);
  });
});
