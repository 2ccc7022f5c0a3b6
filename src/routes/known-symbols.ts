import { DIRECTORY_NAME } from "../bindings/directory.ts";
import type { Env } from "../bindings/env.ts";
import { isStorageFull } from "../core/storage-watch.ts";
import type { AppContext } from "../middleware/context.ts";
import { refuseRooms } from "../middleware/descriptors.ts";
import { problem } from "../middleware/problem.ts";
import { storageWatch } from "../middleware/storage.ts";
import { SYSTEM_SYMBOL, type SymbolName } from "../protocol/symbol.ts";

/** Names kept in an isolate, so that reads of what is known cost no call; about 100 bytes each. */
const MOST_KEPT = 50_000;
const AWAY_RETRY_S = 5;
const NAMED = 5;

/** Symbols never cease to be known, so nothing here goes stale. */
const known = new WeakMap<Env, Set<SymbolName>>();

export function directoryOf(env: Env) {
  return env.DIRECTORY.get(env.DIRECTORY.idFromName(DIRECTORY_NAME));
}

/**
 * The refusal where one of `symbols` is none that anybody has pushed, else null. A room must not be asked before: on plain
 * workerd the first call to an object makes a file, and every misspelt name would leave one.
 */
export async function refuseUnknown(
  c: AppContext,
  symbols: readonly SymbolName[],
): Promise<Response | null> {
  const kept = keptOf(c.env);
  const asked = [...new Set(symbols)].filter((one) => one !== SYSTEM_SYMBOL && !kept.has(one));
  if (asked.length === 0) return null;
  const answer = await directoryOf(c.env).acquaintance(asked);
  switch (answer.kind) {
    case "known":
      keep(kept, asked);
      return null;
    case "unknown":
      return unknownSymbols(c, answer.symbols);
    case "unsure":
      return notKnownYet(c, answer.symbols);
    default:
      return answer satisfies never;
  }
}

/** The refusal of a question to the rooms of these symbols, which is asked before the rooms are; else null. */
export async function refuseRead(
  c: AppContext,
  symbols: readonly SymbolName[],
): Promise<Response | null> {
  return (await refuseUnknown(c, symbols)) ?? refuseRooms(c, symbols, "read");
}

/** These have been pushed: whoever asks for them from now on is answered. Costs a call where they are new to this isolate. */
export async function makeKnown(c: AppContext, symbols: readonly SymbolName[]): Promise<void> {
  const kept = keptOf(c.env);
  const news = unmetOf(c.env, symbols);
  if (news.length === 0) return;
  try {
    await directoryOf(c.env).know(news);
    keep(kept, news);
  } catch (error) {
    // The batch is durable all the same, and its room tells the directory too.
    if (isStorageFull(error)) return storageWatch(c).failed(String(error));
    const fields = { correlation_id: c.get("correlationId"), detail: String(error) };
    c.get("log").warn("directory_unreachable", fields);
  }
}

/** Those that this isolate has not met: the directory may know them. */
export function unmetOf(env: Env, symbols: readonly SymbolName[]): SymbolName[] {
  const kept = keptOf(env);
  return symbols.filter((symbol) => !kept.has(symbol));
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

function keep(kept: Set<SymbolName>, symbols: readonly SymbolName[]): void {
  if (kept.size + symbols.length > MOST_KEPT) kept.clear();
  for (const symbol of symbols) kept.add(symbol);
}
