import type { Env } from "../bindings/env.ts";
import { matchesEtag } from "../core/caching.ts";
import { type Look, LookedList } from "../core/looked-list.ts";
import type { AppContext } from "../middleware/context.ts";
import { covers, type Grant } from "../middleware/token.ts";
import type { SymbolsAnswer } from "../protocol/answers.ts";
import { weakTagOf } from "./cached-answer.ts";
import { listSymbols } from "./list-symbols.ts";

/** Looks of one request: each asks every host, and the platform bounds what one request may ask. */
const MOST_LOOKS = 10;

/** The list as who may see it gets it. */
export interface SymbolsView {
  text: string;
  etag: string;
  /** Nothing is known, which is no answer. */
  isUnsure: boolean;
}

/** What one look at the hosts has found, and what was made of it. */
interface Listed {
  answer: SymbolsAnswer;
  /** By what a grant is for. */
  views: Map<string, SymbolsView>;
  /** Of all of it. */
  etag: string;
}

const lists = new WeakMap<Env, LookedList<Listed>>();

/** The list as it is now, with everything that was acknowledged before. */
export async function readSymbols(c: AppContext, grant: Grant): Promise<SymbolsView> {
  return viewOf(await look(c), grant);
}

/**
 * The list, once it is another than `tag` names, or after `waitMs`; without a tag at once. It may be a second old: all who watch
 * have one look a second together, and one in five seconds while nothing changes.
 */
export async function watchSymbols(
  c: AppContext,
  grant: Grant,
  { tag, waitMs }: { tag: string | undefined; waitMs: number },
): Promise<SymbolsView> {
  const list = listOf(c.env);
  const endMs = Date.now() + waitMs;
  let looks = 0;
  let seen: Look<Listed> | null = null;
  let view: SymbolsView | null = null;
  for (;;) {
    const nowMs = Date.now();
    const turn = list.turn(nowMs, seen);
    if (turn.kind === "found") {
      seen = turn.look;
      view = await viewOf(seen.list, grant);
      if (!matchesEtag(tag, view.etag)) return view;
    } else if (view !== null && (nowMs >= endMs || looks >= MOST_LOOKS)) {
      return view;
    } else if (turn.kind === "look") {
      looks += 1;
      await look(c);
    } else {
      const leftMs = view === null ? turn.ms : endMs - nowMs;
      await new Promise((resolve) => setTimeout(resolve, Math.min(turn.ms, leftMs)));
    }
  }
}

/** Something was pushed: whoever watches the list looks soon. */
export function symbolsMayHaveChanged(env: Env): void {
  lists.get(env)?.mayHaveChanged();
}

async function look(c: AppContext): Promise<Listed> {
  const list = listOf(c.env);
  const atMs = Date.now();
  list.begin(atMs);
  // Where the client has gone the runtime may end the request here and now, without `catch`.
  const { signal } = c.req.raw;
  const giveUp = () => list.failed();
  signal.addEventListener("abort", giveUp);
  try {
    const answer: SymbolsAnswer = await listSymbols(c);
    const listed: Listed = { answer, views: new Map(), etag: "" };
    listed.etag = (await viewOf(listed, { symbols: null })).etag;
    list.found({ list: listed, atMs });
    return listed;
  } catch (error) {
    giveUp();
    throw error;
  } finally {
    signal.removeEventListener("abort", giveUp);
  }
}

async function viewOf(
  { answer, views }: Listed,
  grant: Pick<Grant, "symbols">,
): Promise<SymbolsView> {
  const key = JSON.stringify(grant.symbols);
  const known = views.get(key);
  if (known !== undefined) return known;
  const symbols = answer.symbols.filter(({ symbol }) => covers(grant, symbol));
  const { complete } = answer;
  const text = JSON.stringify({ symbols, complete } satisfies SymbolsAnswer);
  const isUnsure = !complete && symbols.length === 0;
  const view = { text, etag: await weakTagOf(text), isUnsure };
  views.set(key, view);
  return view;
}

function listOf(env: Env): LookedList<Listed> {
  let list = lists.get(env);
  if (list === undefined) {
    list = new LookedList((one, other) => one.etag === other.etag);
    lists.set(env, list);
  }
  return list;
}
