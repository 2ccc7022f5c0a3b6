import type { Env } from "../../bindings/env.ts";
import { MOST_LISTED_HOSTS } from "../../bindings/rooms.ts";
import { matchesEtag } from "../../core/answers/caching.ts";
import { type Look, LookedList } from "../../core/answers/looked-list.ts";
import { oncePer } from "../../core/answers/once-per.ts";
import type { SymbolsAnswer } from "../../protocol/answers/answers.ts";
import type { SymbolName } from "../../protocol/words/symbol.ts";
import { weakTagOf } from "../weak-tag.ts";
import { type ListSources, listSymbols } from "./list-symbols.ts";

/** Looks of one request. Each asks every host, and what one request may ask is bounded as well (SPEC I-17). */
const MOST_LOOKS = 10;

/** Who reads the list. */
export interface ListReader {
  /** The same for all who may see the same symbols. */
  key: string;
  sees(symbol: SymbolName): boolean;
}

/** The list as who may see it gets it. */
export interface SymbolsView {
  text: string;
  etag: string;
  /** Nothing is known, which is no answer. */
  isUnsure: boolean;
}

/** Whom a look asks; `signal`: the client that looks has gone. */
export interface LookSources extends ListSources {
  signal: AbortSignal;
}

/** What one look at the hosts has found, and what was made of it, by the key of who reads it. */
interface Listed {
  answer: SymbolsAnswer;
  /** Hosts that were called. */
  asked: number;
  views: Map<string, SymbolsView>;
  /** Of all of it. */
  etag: string;
}

const EVERYBODY: ListReader = { key: "null", sees: () => true };

/** The list of symbols, looked at once for all who ask for it at about the same time. */
export class WatchedSymbols {
  readonly #list = new LookedList<Listed>((one, other) => one.etag === other.etag);

  /** Something was pushed: whoever watches the list looks soon. */
  mayHaveChanged(): void {
    this.#list.mayHaveChanged();
  }

  /** The list as it is now, with everything that was acknowledged before. */
  async read(sources: LookSources, reader: ListReader): Promise<SymbolsView> {
    return viewOf(await this.#look(sources), reader);
  }

  /**
   * The list, once it is another than `tag` names, or after `waitMs`; without a tag at once. It may be a second old: all who watch
   * have one look a second together, and one in five seconds while nothing changes.
   */
  async watch(
    sources: LookSources,
    reader: ListReader,
    { tag, waitMs }: { tag: string | undefined; waitMs: number },
  ): Promise<SymbolsView> {
    const endMs = Date.now() + waitMs;
    let [looks, asked] = [0, 0];
    let seen: Look<Listed> | null = null;
    let view: SymbolsView | null = null;
    for (;;) {
      const nowMs = Date.now();
      const turn = this.#list.turn(nowMs, seen);
      if (turn.kind === "found") {
        seen = turn.look;
        view = await viewOf(seen.list, reader);
        if (!matchesEtag(tag, view.etag)) return view;
      } else if (view !== null && (nowMs >= endMs || looks >= MOST_LOOKS || !mayAsk(asked, seen))) {
        return view;
      } else if (turn.kind === "look") {
        looks += 1;
        asked += (await this.#look(sources)).asked;
      } else {
        const leftMs = view === null ? turn.ms : endMs - nowMs;
        await new Promise((resolve) => setTimeout(resolve, Math.min(turn.ms, leftMs)));
      }
    }
  }

  async #look(sources: LookSources): Promise<Listed> {
    const atMs = Date.now();
    this.#list.begin(atMs);
    // Where the client has gone the runtime may end the request here and now, without `catch`.
    const giveUp = () => this.#list.failed();
    sources.signal.addEventListener("abort", giveUp);
    try {
      const { asked, ...answer } = await listSymbols(sources);
      const listed: Listed = { answer, asked, views: new Map(), etag: "" };
      listed.etag = (await viewOf(listed, EVERYBODY)).etag;
      this.#list.found({ list: listed, atMs });
      return listed;
    } catch (error) {
      giveUp();
      throw error;
    } finally {
      sources.signal.removeEventListener("abort", giveUp);
    }
  }
}

async function viewOf({ answer, views }: Listed, reader: ListReader): Promise<SymbolsView> {
  const known = views.get(reader.key);
  if (known !== undefined) return known;
  const symbols = answer.symbols.filter(({ symbol }) => reader.sees(symbol));
  const { complete } = answer;
  const text = JSON.stringify({ symbols, complete } satisfies SymbolsAnswer);
  const isUnsure = !complete && symbols.length === 0;
  const view = { text, etag: await weakTagOf(text), isUnsure };
  views.set(reader.key, view);
  return view;
}

/** May a request that has called so many hosts call those of one more look? */
function mayAsk(asked: number, seen: Look<Listed> | null): boolean {
  return asked + (seen?.list.asked ?? 0) <= MOST_LISTED_HOSTS;
}

/** One an isolate. */
export const watchedSymbolsOf = oncePer((_: Env) => new WatchedSymbols());
