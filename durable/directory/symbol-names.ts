import type { SymbolName } from "../../src/protocol/symbol.ts";
import type { SqlPort } from "../room/sql-port.ts";

/** After a database that could not be asked, so long nobody asks it again. */
const ASK_AGAIN_MS = 1_000;

export interface SymbolNamesDeps {
  sql: SqlPort;
  /** Every symbol that Postgres has something of; rejects while it cannot be read. */
  readStored(): Promise<readonly SymbolName[]>;
  nowMs(): number;
  /** Told of what `readStored` rejects with; what it throws, whoever asked gets. */
  failed(error: unknown): void;
}

/**
 * The names of all symbols, written down. A directory that begins anew asks Postgres once for what was known before: until that
 * is answered it knows the names it was told of since, and says that there may be more.
 */
export class SymbolNames {
  readonly #deps: SymbolNamesDeps;
  readonly #names = new Set<SymbolName>();
  /** Those of them that Postgres may have something of. */
  readonly #stored = new Set<SymbolName>();
  readonly #waiting = new Map<SymbolName, Set<() => void>>();
  #waiters = 0;
  #isLearned: boolean;
  #asking: Promise<void> | null = null;
  #askAgainMs = 0;

  constructor(deps: SymbolNamesDeps) {
    this.#deps = deps;
    const { sql } = deps;
    sql.exec("CREATE TABLE IF NOT EXISTS symbols (name TEXT PRIMARY KEY) WITHOUT ROWID");
    sql.exec("CREATE TABLE IF NOT EXISTS stored (name TEXT PRIMARY KEY) WITHOUT ROWID");
    sql.exec("CREATE TABLE IF NOT EXISTS learned (id INTEGER PRIMARY KEY)");
    for (const row of sql.exec("SELECT name FROM symbols")) {
      this.#names.add(row["name"] as SymbolName);
    }
    for (const row of sql.exec("SELECT name FROM stored"))
      this.#stored.add(row["name"] as SymbolName);
    this.#isLearned = [...sql.exec("SELECT id FROM learned")].length > 0;
  }

  /** Those who wait for names. */
  get waiters(): number {
    return this.#waiters;
  }

  has(symbol: SymbolName): boolean {
    return this.#names.has(symbol);
  }

  sorted(): SymbolName[] {
    return [...this.#names].sort();
  }

  /** Writes down those that are new, and wakes who waits for them. */
  add(symbols: readonly SymbolName[]): void {
    for (const symbol of symbols) {
      if (this.#names.has(symbol)) continue;
      this.#deps.sql.exec("INSERT OR IGNORE INTO symbols (name) VALUES (?)", symbol);
      this.#names.add(symbol);
      for (const wake of this.#waiting.get(symbol) ?? []) wake();
      this.#waiting.delete(symbol);
    }
  }

  /** The same of those that Postgres may have something of. */
  addStored(symbols: readonly SymbolName[]): void {
    for (const symbol of symbols) {
      this.#deps.sql.exec("INSERT OR IGNORE INTO stored (name) VALUES (?)", symbol);
      this.#stored.add(symbol);
    }
    this.add(symbols);
  }

  /** May Postgres have something of the symbol? Asked when `learn` has said yes. */
  mayBeStored(symbol: SymbolName): boolean {
    return this.#stored.has(symbol);
  }

  /** Asks Postgres for its names unless it has been; false where it cannot be asked now. */
  async learn(): Promise<boolean> {
    if (this.#isLearned) return true;
    if (this.#asking === null && this.#deps.nowMs() < this.#askAgainMs) return false;
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = null;
    });
    await this.#asking;
    return this.#isLearned;
  }

  /** Resolves when the symbol is known, or `until` does. */
  async wait(symbol: SymbolName, until: (known: Promise<void>) => Promise<unknown>): Promise<void> {
    if (this.#names.has(symbol)) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const waiting = this.#waiting.get(symbol) ?? new Set();
    this.#waiting.set(symbol, waiting.add(resolve));
    this.#waiters += 1;
    await until(promise);
    this.#waiters -= 1;
    waiting.delete(resolve);
    if (waiting.size === 0 && this.#waiting.get(symbol) === waiting) this.#waiting.delete(symbol);
  }

  async #ask(): Promise<void> {
    const { sql, readStored, nowMs, failed } = this.#deps;
    try {
      this.addStored(await readStored());
      sql.exec("INSERT OR IGNORE INTO learned (id) VALUES (1)");
      this.#isLearned = true;
    } catch (error) {
      failed(error);
      this.#askAgainMs = nowMs() + ASK_AGAIN_MS;
    }
  }
}
