import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { rulesOf } from "../../dev/checks/cited-rules.ts";
import { answerHelp } from "../../dev/cli/answer-help.ts";
import { CHECKS } from "./all-checks.ts";
import { eventsOf, pushPoints } from "./asking.ts";
import { networkServer } from "./network-server.ts";
import { lineOf, summaryOf } from "./report.ts";
import { runChecks } from "./run-checks.ts";

/** `npm run conformance`: holds a server to SPEC over the wire. Exit code 1 where a rule failed, 2 where it cannot begin. */

const USAGE = `npm run conformance -- --url http://127.0.0.1:8787 --token "$TOKEN"
  --url URL        the server; its limits should be those it has by default
  --token TOKEN    may read and write: npm run -s token -- --scope "read write"
  --only C-1,I-5   these rules of src/protocol/SPEC.md alone
  --json           the outcomes as JSON`;

answerHelp(USAGE);

const SPEC = new URL("../../src/protocol/SPEC.md", import.meta.url);
const known = rulesOf(readFileSync(SPEC, "utf8"));
const { url, token, json, rules } = options();
const server = networkServer({ url, token });
await begin();
const startMs = performance.now();
const outcomes = await runChecks(server, {
  rules,
  checks: CHECKS,
  onOutcome: (outcome) => {
    if (!json && outcome.kind !== "unseen") process.stdout.write(`${lineOf(outcome)}\n`);
  },
});
const ms = Math.round(performance.now() - startMs);
if (json) {
  process.stdout.write(`${JSON.stringify({ url, ms, outcomes }, undefined, 2)}\n`);
} else {
  for (const outcome of outcomes) {
    if (outcome.kind === "unseen") process.stdout.write(`${lineOf(outcome)}\n`);
  }
  process.stdout.write(`${summaryOf(outcomes, ms)}\n`);
}
process.exit(outcomes.some(({ kind }) => kind === "failed") ? 1 : 0);

/** A push and a read, without which every rule would fail for the same reason. */
async function begin(): Promise<void> {
  try {
    const symbol = server.newSymbol();
    await pushPoints(server, symbol, 1);
    await eventsOf(server, symbol);
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    fail(`${url} cannot be checked: ${cause instanceof Error ? cause.message : String(cause)}`);
  }
}

function options() {
  const values = parse();
  if (values.url === undefined || !URL.canParse(values.url)) fail("--url is missing, or no URL");
  const only = values.only?.split(",").map((rule) => rule.trim());
  const unknown = only?.find((rule) => !known.includes(rule));
  if (unknown !== undefined) fail(`--only ${unknown}: src/protocol/SPEC.md has no such rule`);
  return {
    url: values.url.replace(/\/+$/, ""),
    token: values.token,
    json: values.json,
    rules: only ?? known,
  };
}

function parse() {
  try {
    return parseArgs({
      options: {
        url: { type: "string" },
        token: { type: "string" },
        only: { type: "string" },
        json: { type: "boolean", default: false },
      },
    }).values;
  } catch (error) {
    fail(error instanceof Error ? error.message : String(error));
  }
}

function fail(problem: string): never {
  process.stderr.write(`${problem}\n\n${USAGE}\n`);
  process.exit(2);
}
