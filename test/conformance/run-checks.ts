import { NotSeen, Unmet } from "./expectation.ts";
import type { Check, Connection, Server } from "./server.ts";

/** What became of a rule. */
export type Outcome =
  | { rule: string; kind: "ok"; ms: number }
  | { rule: string; kind: "failed"; ms: number; failures: readonly Failure[] }
  /** No check can see it from outside, or none of those that were run. */
  | { rule: string; kind: "unseen"; why: string };

export type Failure = { expected: string; came: string };

export interface RunOptions {
  /** Rules of SPEC in its order: each has an outcome. */
  rules: readonly string[];
  checks: readonly Check[];
  /** Checks that wait longer are left out, in seconds. */
  longestS?: number;
  /** Told each outcome as soon as all checks of a rule have ended. */
  onOutcome?: (outcome: Outcome) => void;
}

/** Checks at once: many wait for a moment to pass, and few need the server to themselves. */
const AT_ONCE = 8;
/** What a check may take beside what it waits for by its nature, in seconds. */
const PATIENCE_S = 60;

type Ended =
  | { kind: "ok"; ms: number }
  | { kind: "failed"; ms: number; failure: Failure }
  | { kind: "unseen"; ms: number; why: string };

/** Runs the checks, those that wait longest first, and gives an outcome for each rule. */
export async function runChecks(server: Server, options: RunOptions): Promise<Outcome[]> {
  const { rules, checks, longestS = Number.POSITIVE_INFINITY, onOutcome } = options;
  const ended = new Map<string, Ended[]>();
  const outcomes = new Map<string, Outcome>();
  const settle = (rule: string): void => {
    const outcome = outcomeOf(rule, ended.get(rule) ?? []);
    outcomes.set(rule, outcome);
    onOutcome?.(outcome);
  };
  for (const rule of rules) if (!checks.some((check) => check.rule === rule)) settle(rule);
  const waiting = checks
    .filter(({ rule }) => rules.includes(rule))
    .sort((a, b) => (b.takesS ?? 0) - (a.takesS ?? 0));
  const left = new Map<string, number>();
  for (const { rule } of waiting) left.set(rule, (left.get(rule) ?? 0) + 1);

  const runNext = async (): Promise<void> => {
    for (let check = waiting.shift(); check !== undefined; check = waiting.shift()) {
      const { rule, takesS = 0 } = check;
      const why = `left out, for it takes ${takesS} s`;
      const end: Ended =
        takesS > longestS ? { kind: "unseen", ms: 0, why } : await endOf(server, check);
      ended.set(rule, [...(ended.get(rule) ?? []), end]);
      left.set(rule, (left.get(rule) ?? 0) - 1);
      if (left.get(rule) === 0) settle(rule);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, runNext));
  return rules.flatMap((rule) => outcomes.get(rule) ?? []);
}

async function endOf(server: Server, check: Check): Promise<Ended> {
  const startMs = server.clock.nowMs();
  const connections: Connection[] = [];
  const watched: Server = {
    ...server,
    connect: async (path, request) => {
      const connection = await server.connect(path, request);
      if (connection.kind === "open") connections.push(connection);
      return connection;
    },
  };
  const patienceS = (check.takesS ?? 0) + PATIENCE_S;
  const tooLate = async () => {
    await server.clock.sleep(patienceS * 1_000);
    throw new Unmet(`an end of the check within ${patienceS} s`, "none");
  };
  const msSinceStart = () => Math.round(server.clock.nowMs() - startMs);
  try {
    await Promise.race([check.run(watched), tooLate()]);
    return { kind: "ok", ms: msSinceStart() };
  } catch (error) {
    const ms = msSinceStart();
    if (error instanceof NotSeen) return { kind: "unseen", ms, why: error.message };
    return { kind: "failed", ms, failure: failureOf(error) };
  } finally {
    for (const connection of connections) connection.close();
  }
}

function failureOf(error: unknown): Failure {
  if (error instanceof Unmet) return { expected: error.expected, came: error.came };
  const why = error instanceof Error ? error.message : String(error);
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : "";
  return { expected: "an answer", came: [why, cause].filter((part) => part !== "").join(": ") };
}

function outcomeOf(rule: string, ended: readonly Ended[]): Outcome {
  if (ended.length === 0) return { rule, kind: "unseen", why: "not seen from outside" };
  const ms = Math.max(...ended.map((end) => end.ms));
  const failures = ended.flatMap((end) => (end.kind === "failed" ? [end.failure] : []));
  if (failures.length > 0) return { rule, kind: "failed", ms, failures };
  if (ended.some(({ kind }) => kind === "ok")) return { rule, kind: "ok", ms };
  const [why] = ended.flatMap((end) => (end.kind === "unseen" ? [end.why] : []));
  return { rule, kind: "unseen", why: `not seen here: ${why}` };
}
