import { DurableObject } from "cloudflare:workers";
import type { DirectoryCalls } from "../../src/bindings/directory.ts";
import type { Env } from "../../src/bindings/env.ts";
import type { SymbolSummary } from "../../src/protocol/answers.ts";
import type { SymbolName } from "../../src/protocol/symbol.ts";

/**
 * The Durable Object that knows every symbol. Names are kept; what rooms report of themselves is held in memory and
 * asked for again after a wake, so a busy market costs the directory no writes.
 */
export class Directory extends DurableObject<Env> implements DirectoryCalls {
  readonly #sql = this.ctx.storage.sql;
  readonly #summaries = new Map<SymbolName, SymbolSummary>();
  readonly #names = new Set<SymbolName>();

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#sql.exec("CREATE TABLE IF NOT EXISTS symbols (name TEXT PRIMARY KEY) WITHOUT ROWID");
    for (const row of this.#sql.exec("SELECT name FROM symbols")) {
      this.#names.add(row["name"] as SymbolName);
    }
  }

  /** A room says how it stands. A room nobody has pushed to is no symbol yet. */
  report(summary: SymbolSummary): void {
    if (summary.last_event === null && !this.#names.has(summary.symbol)) return;
    this.know([summary.symbol]);
    this.#summaries.set(summary.symbol, summary);
  }

  /** These are symbols, whether or not anybody has pushed to their rooms. */
  know(symbols: readonly SymbolName[]): void {
    for (const symbol of symbols) {
      if (this.#names.has(symbol)) continue;
      this.#sql.exec("INSERT OR IGNORE INTO symbols (name) VALUES (?)", symbol);
      this.#names.add(symbol);
    }
  }

  /** Every symbol, by name. */
  async list(): Promise<SymbolSummary[]> {
    const names = [...this.#names].sort();
    const summaries = await Promise.all(names.map((name) => this.#summaryOf(name)));
    return summaries;
  }

  async #summaryOf(name: SymbolName): Promise<SymbolSummary> {
    const known = this.#summaries.get(name);
    if (known !== undefined) return known;
    const summary = await this.env.ROOM.get(this.env.ROOM.idFromName(name)).summary(name);
    // A report that came in meanwhile is newer.
    if (!this.#summaries.has(name)) this.#summaries.set(name, summary);
    return this.#summaries.get(name) ?? summary;
  }
}
