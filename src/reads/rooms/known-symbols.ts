import { askHosts, byHost } from "../../bindings/ask-hosts.ts";
import type { Env } from "../../bindings/env.ts";
import type { Acquaintance } from "../../bindings/host.ts";
import { hostAt } from "../../bindings/objects.ts";
import type { AppContext } from "../../http/context.ts";
import { refuseHosts } from "../../http/limits/descriptors.ts";
import { problem } from "../../http/problems/problem.ts";
import { SYSTEM_SYMBOL, type SymbolName } from "../../protocol/symbol.ts";

/** Names kept in an isolate, so that reads of what is known cost no call; about 100 bytes each. */
const MOST_KEPT = 50_000;
const AWAY_RETRY_S = 5;
const NAMED = 5;

/** Symbols never cease to be known, so nothing here goes stale. */
const known = new WeakMap<Env, Set<SymbolName>>();

/** The refusal where one of `symbols` is none that anybody has pushed, else null. What is asked leaves nothing on the host. */
async function refuseUnknown(
  c: AppContext,
  symbols: readonly SymbolName[],
): Promise<Response | null> {
  const kept = keptOf(c.env);
  const asked = [...new Set(symbols)].filter((one) => one !== SYSTEM_SYMBOL && !kept.has(one));
  if (asked.length === 0) return null;
  const groups = byHost(c.env, asked, (symbol) => symbol);
  const answers = await askHosts(
    groups,
    async ({ host, items }): Promise<Acquaintance> => await hostAt(c.env, host).acquaintance(items),
  );
  const named = (kind: "unknown" | "unsure") =>
    answers.flatMap((answer) => (answer.kind === kind ? answer.symbols : []));
  const [unknown, unsure] = [named("unknown"), named("unsure")];
  if (unknown.length > 0) return unknownSymbols(c, unknown);
  if (unsure.length > 0) return notKnownYet(c, unsure);
  remember(c.env, asked);
  return null;
}

/** The refusal of a question to the rooms of these symbols, which is asked before the rooms are; else null. */
export async function refuseRead(
  c: AppContext,
  symbols: readonly SymbolName[],
): Promise<Response | null> {
  return (await refuseHosts(c, symbols, "read")) ?? refuseUnknown(c, symbols);
}

/** These are known from here on: whoever asks for them costs no call. */
export function remember(env: Env, symbols: readonly SymbolName[]): void {
  const kept = keptOf(env);
  if (kept.size + symbols.length > MOST_KEPT) kept.clear();
  for (const symbol of symbols) kept.add(symbol);
}

/** The answer where Postgres may know what this server, which began anew, does not know yet. */
export function notKnownYet(c: AppContext, symbols: readonly SymbolName[]): Response {
  return problem(c, {
    status: 503,
    type: "database-unavailable",
    title: "The database is away",
    detail: `What was known of ${symbols.length === 0 ? "symbols" : listOf(symbols)} is in Postgres, which cannot be read now. Pushes go on; try again soon.`,
    retryAfterS: AWAY_RETRY_S,
  });
}

function unknownSymbols(c: AppContext, symbols: readonly SymbolName[]): Response {
  return problem(c, {
    status: 404,
    type: "unknown-symbol",
    title: "There is no such symbol",
    detail: `Nobody has pushed anything for ${listOf(symbols)}. GET /api/symbols lists what there is; to wait for a symbol connect to /ws/SYMBOL, or poll /api/rooms/SYMBOL/events with wait.`,
  });
}

function listOf(symbols: readonly SymbolName[]): string {
  const more = symbols.length > NAMED ? ` and ${symbols.length - NAMED} more` : "";
  return `${symbols.slice(0, NAMED).join(", ")}${more}`;
}

function keptOf(env: Env): Set<SymbolName> {
  let kept = known.get(env);
  if (kept === undefined) {
    kept = new Set();
    known.set(env, kept);
  }
  return kept;
}
