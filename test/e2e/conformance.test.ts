import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, it } from "vitest";
import { rulesOf } from "../../dev/checks/cited-rules.ts";
import { CHECKS } from "../conformance/all-checks.ts";
import { networkServer } from "../conformance/network-server.ts";
import { lineOf } from "../conformance/report.ts";
import { runChecks } from "../conformance/run-checks.ts";
import type { Server } from "../conformance/server.ts";
import { AnswerChecker } from "../reference/answer-checker.ts";
import { type RunningProduct, startProduct, temporaryDataDir } from "./product.ts";

const SPEC = new URL("../../src/protocol/SPEC.md", import.meta.url);

/** What waits longer is left to who runs the command: here it would be most of the time that there is. In seconds. */
const LONGEST_S = 20;

const folder = temporaryDataDir();
let product: RunningProduct;

beforeAll(async () => {
  product = await startProduct({ dataDir: folder.dataDir });
});
afterAll(async () => {
  await product.killGroup();
  folder.remove();
});

it("the product keeps every rule of SPEC that can be seen over the wire, and answers as its reference says", async () => {
  const network = networkServer({ url: product.url, token: await product.token() });
  const checker = new AnswerChecker();
  const faults = new Set<string>();
  const server: Server = {
    ...network,
    http: async (path, request = {}) => {
      const answer = await network.http(path, request);
      const fault = checker.fault(request.method ?? "GET", path, answer);
      if (fault !== null) faults.add(fault);
      return answer;
    },
  };
  const rules = rulesOf(readFileSync(SPEC, "utf8"));
  const outcomes = await runChecks(server, { rules, checks: CHECKS, longestS: LONGEST_S });
  expect(outcomes.filter(({ kind }) => kind === "failed").map(lineOf)).toEqual([]);
  expect([...faults]).toEqual([]);
  // All that has a check but those that wait long, else nothing was looked at.
  const seen = new Set(
    CHECKS.filter(({ takesS = 0 }) => takesS <= LONGEST_S).map((each) => each.rule),
  );
  expect(outcomes.filter(({ kind }) => kind === "ok")).toHaveLength(seen.size);
});
