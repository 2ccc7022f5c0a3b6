import type { Env } from "../../bindings/env.ts";
import type { Acquaintance } from "../../bindings/host.ts";
import { askHosts, type Rooms } from "../../bindings/rooms.ts";
import { oncePer } from "../../core/answers/once-per.ts";
import { SYSTEM_SYMBOL, type SymbolName } from "../../protocol/words/symbol.ts";

/** Names kept in an isolate, so that reads of what is known cost no call; about 100 bytes each. */
const MOST_KEPT = 50_000;

/** Symbols that have been pushed. They never cease to be known, so nothing here goes stale. */
export class KnownSymbols {
  readonly #kept = new Set<SymbolName>();

  /** These are known from here on: whoever asks for them costs no call. */
  remember(symbols: readonly SymbolName[]): void {
    if (this.#kept.size + symbols.length > MOST_KEPT) this.#kept.clear();
    for (const symbol of symbols) this.#kept.add(symbol);
  }

  /** Has each of `symbols` been pushed by anybody? What is asked leaves nothing on the host. */
  async meet(rooms: Rooms, symbols: readonly SymbolName[]): Promise<Acquaintance> {
    const asked = [...new Set(symbols)].filter(
      (one) => one !== SYSTEM_SYMBOL && !this.#kept.has(one),
    );
    if (asked.length === 0) return { kind: "known" };
    const answers = await askHosts(
      rooms.byHost(asked, (symbol) => symbol),
      async ({ host, items }): Promise<Acquaintance> =>
        await rooms.hostAt(host).acquaintance(items),
    );
    for (const kind of ["unknown", "unsure"] as const) {
      const named = answers.flatMap((answer) => (answer.kind === kind ? answer.symbols : []));
      if (named.length > 0) return { kind, symbols: named };
    }
    this.remember(asked);
    return { kind: "known" };
  }
}

/** One an isolate. */
export const knownSymbolsOf = oncePer((_: Env) => new KnownSymbols());
