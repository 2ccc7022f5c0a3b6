import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { rulesOf } from "../../../dev/checks/cited-rules.ts";
import { CHECKS } from "../../conformance/all-checks.ts";
import { equals, NotSeen } from "../../conformance/expectation.ts";
import { lineOf, summaryOf } from "../../conformance/report.ts";
import { type Outcome, runChecks } from "../../conformance/run-checks.ts";
import type { Check, Server } from "../../conformance/server.ts";
import { fakeClock } from "../client/fake-clock.ts";
import { type Fault, fakeServer, refusingStream } from "./fake-server.ts";

const SPEC = new URL("../../../src/protocol/SPEC.md", import.meta.url);

describe("the conformance runner", () => {
  async function failedRules(fault: Fault | null): Promise<string[]> {
    // Those that a server of metrics alone can be held to.
    const rules = ["S-1", "S-3", "S-4", "F-1", "H-1", "INV-2"];
    const run = { rules, checks: CHECKS, longestS: 0 };
    const outcomes = await runChecks(fakeServer(fault), run);
    expect(outcomes.map(({ rule }) => rule)).toEqual(rules);
    expect(outcomes.filter(({ kind }) => kind === "unseen")).toEqual([]);
    return outcomes.filter(({ kind }) => kind === "failed").map(({ rule }) => rule);
  }

  it("finds nothing in a server that keeps the rules", async () => {
    expect(await failedRules(null)).toEqual([]);
  });

  it.each<[string, Fault, string[]]>([
    ["a wrong order", "order", ["S-3", "INV-2"]],
    ["an event that comes twice", "twice", ["S-3", "INV-2"]],
    ["a window that is not kept", "window", ["F-1"]],
  ])("finds %s", async (_, fault, rules) => {
    expect(await failedRules(fault)).toEqual(expect.arrayContaining(rules));
  });

  it("says within seconds which message of a stream was awaited, and what came instead", async () => {
    const clock = fakeClock();
    const server: Server = {
      ...fakeServer(),
      connect: async () => refusingStream(),
      clock: {
        nowMs: clock.nowMs,
        sleep: (ms) => new Promise((resolve) => clock.setTimer(() => resolve(), ms)),
      },
    };
    const rules = ["ST-3", "ST-4", "ST-5"];
    let outcomes: readonly Outcome[] = [];
    void runChecks(server, { rules, checks: CHECKS }).then((found) => {
      outcomes = found;
    });
    await clock.advance(16_000);
    const failures = outcomes.flatMap((one) => (one.kind === "failed" ? one.failures : []));
    expect(failures.map(({ expected }) => expected)).toEqual([
      "the message hello of FAKE-1 within 15000 ms",
      "the message caught_up of FAKE-3 within 15000 ms",
      "the message subscribed within 15000 ms",
    ]);
    for (const { came } of failures) expect(came).toContain('"type":"welcome"');
    expect(failures[0]?.came).toContain('"message":"not here"');
  });

  it("checks rules that SPEC has", () => {
    const rules = rulesOf(readFileSync(SPEC, "utf8"));
    const unknown = CHECKS.map(({ rule }) => rule).filter((rule) => !rules.includes(rule));
    expect(unknown).toEqual([]);
  });

  it("has a line for each rule: held, failed with both sides, not seen, left out", async () => {
    const check = (rule: string, run: Check["run"], takesS = 0): Check => ({ rule, run, takesS });
    const checks = [
      check("C-1", async () => {}),
      check("C-2", async () => {}),
      check("C-2", async () => equals("the sum", 1 + 1, 3)),
      check("C-3", async () => {
        throw new NotSeen("reading needs a token");
      }),
      check("C-4", async () => {}, 90),
      check("I-1", async () => {
        throw new Error("fetch failed", { cause: new Error("connect ECONNREFUSED") });
      }),
    ];
    const rules = ["C-1", "C-2", "C-3", "C-4", "C-5", "I-1"];
    const outcomes = await runChecks(fakeServer(), { rules, checks, longestS: 20 });
    expect(outcomes.map((outcome) => lineOf(outcome).replace(/ +\d+ ms/, " 1 ms"))).toEqual([
      "C-1    ok 1 ms",
      "C-2    FAILED 1 ms  expected the sum 3; came 2",
      "C-3    -       not seen here: reading needs a token",
      "C-4    -       not seen here: left out, for it takes 90 s",
      "C-5    -       not seen from outside",
      "I-1    FAILED 1 ms  expected an answer; came fetch failed: connect ECONNREFUSED",
    ]);
    expect(summaryOf(outcomes, 1_500)).toBe(
      "1 rules hold, 2 failed, 3 not seen from outside; 1.5 s",
    );
  });
});
