import { describe, expect, it } from "vitest";
import { countVitest } from "../../../../dev/checks/vitest-count.ts";

function report(passed: number, failed: number, files: [string, string[]][]): string {
  return JSON.stringify({
    success: failed === 0,
    numPassedTests: passed,
    numFailedTests: failed,
    testResults: files.map(([status, tests]) => ({
      name: "a.test.ts",
      status,
      assertionResults: tests.map((each) => ({ status: each })),
    })),
  });
}

describe("the count of a test run", () => {
  it("is that of the tests", () => {
    expect(countVitest(report(2, 0, [["passed", ["passed", "passed"]]]), true)).toEqual({
      passed: 2,
      failed: 0,
    });
    expect(countVitest(report(1, 1, [["failed", ["passed", "failed"]]]), false)).toEqual({
      passed: 1,
      failed: 1,
    });
  });

  it("has a failure for a file that could not be loaded", () => {
    const broken = report(1, 0, [
      ["passed", ["passed"]],
      ["failed", []],
    ]);
    expect(countVitest(broken, false)).toEqual({ passed: 1, failed: 1 });
  });

  it("has a failure for a run that was cut short, ran nothing or failed without a word", () => {
    expect(countVitest(undefined, false)).toEqual({ passed: 0, failed: 1 });
    expect(countVitest(report(0, 0, []), true)).toEqual({ passed: 0, failed: 1 });
    expect(countVitest(report(3, 0, [["passed", ["passed"]]]), false)).toEqual({
      passed: 3,
      failed: 1,
    });
  });
});
