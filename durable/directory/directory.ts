import { DurableObject } from "cloudflare:workers";
import type {
  Acquaintance,
  DirectoryCalls,
  EarlierPlace,
  WaitAdmission,
} from "../../src/bindings/directory.ts";
import type { Env } from "../../src/bindings/env.ts";
import { configOf } from "../../src/config.ts";
import { readImportedPrices } from "../../src/db/bars/read-imported-prices.ts";
import { openDatabase } from "../../src/db/driver/database.ts";
import { failureOf } from "../../src/db/driver/database-error.ts";
import { findSymbolNames, readSymbolNames } from "../../src/db/events/read-symbol-names.ts";
import type { SymbolSummary } from "../../src/protocol/answers.ts";
import { SYSTEM_SYMBOL, type SymbolName } from "../../src/protocol/symbol.ts";
import { descriptorsOf } from "../../src/telemetry/descriptors.ts";
import { type Log, logOf } from "../../src/telemetry/log.ts";
import { Clock } from "../clock.ts";
import { ConnectLimit } from "../room/viewers/connect-limit.ts";
import { GroupCommit } from "../writer/group-commit.ts";
import { ImportedPrices } from "./imported-prices.ts";
import { NewRooms } from "./new-rooms.ts";
import { SymbolNames } from "./symbol-names.ts";

const DATABASE_TIMEOUT_MS = 5_000;
/** Rooms asked at once for their line: one that is new to its machine reads Postgres for it. */
const ROOMS_AT_ONCE = 16;
const NAMES_A_LOOKUP = 1_000;
const WAIT_AGAIN_S = 10;

/**
 * The Durable Object that knows every symbol. Names are kept; what rooms report of themselves is held in memory and
 * asked for again after a wake, so a busy market costs the directory no writes.
 */
export class Directory extends DurableObject<Env> implements DirectoryCalls {
  readonly #config = configOf(this.env);
  readonly #logger: Log = logOf("directory", this.#config);
  readonly #clock = new Clock();
  readonly #summaries = new Map<SymbolName, SymbolSummary>();
  readonly #connects = new ConnectLimit(this.#config.LIMIT_CONNECTS_PER_MINUTE);
  readonly #newRooms = new NewRooms(this.#config.LIMIT_NEW_ROOMS);
  readonly #database = openDatabase({
    url: this.#config.DATABASE_URL,
    endpoint: this.#config.DATABASE_ENDPOINT,
    timeoutMs: DATABASE_TIMEOUT_MS,
  });
  /** Names that nobody knows are looked for together, so that however many are asked for, one query is under way. */
  readonly #lookups = new GroupCommit<readonly SymbolName[], SymbolName[]>({
    commit: async (requests) => {
      const found = new Set(await this.#find(requests.flat()));
      return requests.map((request) => request.filter((symbol) => found.has(symbol)));
    },
    weigh: (request) => request.length,
    maxWeight: NAMES_A_LOOKUP,
    atOnce: 1,
  });
  readonly #names = new SymbolNames({
    sql: this.ctx.storage.sql,
    readStored: () => readSymbolNames(this.#database),
    nowMs: this.#clock.nowMs,
    failed: (error) => this.#unavailable("names_not_learned", error),
  });

  readonly #imported = new ImportedPrices({
    read: (symbols) => readImportedPrices(this.#database, symbols),
    nowMs: this.#clock.nowMs,
    failed: (error) => this.#unavailable("prices_not_read", error),
  });

  /** A room says how it stands. A room nobody has pushed to is no symbol yet. */
  report(summary: SymbolSummary): void {
    if (summary.last_event === null && !this.#names.has(summary.symbol)) return;
    this.know([summary.symbol]);
    this.#summaries.set(summary.symbol, summary);
  }

  /** These are symbols, whether or not anybody has pushed to their rooms. */
  know(symbols: readonly SymbolName[], news?: "bars"): void {
    this.#names.add(symbols);
    if (news === "bars") this.#imported.posted(symbols);
  }

  async list(): Promise<{ symbols: SymbolSummary[]; complete: boolean }> {
    let complete = await this.#names.learn();
    const names = this.#names.sorted();
    const symbols: SymbolSummary[] = [];
    while (symbols.length < names.length) {
      const part = names.slice(symbols.length, symbols.length + ROOMS_AT_ONCE);
      const unasked = part.filter((name) => !this.#summaries.has(name));
      complete &&= await this.#mayOpen(unasked);
      // Where one has had to wait for Postgres in vain, the others would as well.
      const known = (name: SymbolName) => this.#summaries.get(name) ?? null;
      const lines = complete
        ? await Promise.all(part.map((name) => this.#summaryOf(name)))
        : part.map(known);
      complete &&= !lines.includes(null);
      symbols.push(...lines.map((line, at) => line ?? emptyLine(part[at] as SymbolName)));
    }
    const priced = await this.#imported.fill(symbols);
    return { symbols: priced.lines, complete: complete && priced.complete };
  }

  namesAfter(name: SymbolName | "", most: number): SymbolName[] {
    const names = this.#names.sorted();
    const at = names.findIndex((one) => one > name);
    return at < 0 ? [] : names.slice(at, at + most);
  }

  async acquaintance(symbols: readonly SymbolName[]): Promise<Acquaintance> {
    const unknown = () => symbols.filter((symbol) => !this.#isKnown(symbol));
    if (unknown().length === 0) return { kind: "known" };
    const isLearned = await this.#names.learn();
    if (isLearned && unknown().length > 0) {
      this.#names.addStored(await this.#lookups.submit(unknown()));
    }
    const left = unknown();
    if (left.length === 0) return { kind: "known" };
    return { kind: isLearned ? "unknown" : "unsure", symbols: left };
  }

  admitNew(holder: string, symbols: readonly SymbolName[]): number | null {
    const fresh = symbols.filter((symbol) => !this.#isKnown(symbol));
    return this.#newRooms.admit(holder, fresh, this.#clock.nowMs());
  }

  async earlierPlace(symbol: SymbolName): Promise<EarlierPlace> {
    if (!(await this.#names.learn())) return "unsure";
    if (this.#names.mayBeStored(symbol)) return "postgres";
    // From here on there is something: a room that asks again has lost its log.
    this.#names.addStored([symbol]);
    return "nowhere";
  }

  admitWaiter(symbol: SymbolName, viewerKey: string | null): WaitAdmission {
    if (this.#isKnown(symbol)) return { kind: "known" };
    const limit = this.#config.LIMIT_VIEWERS;
    if (limit > 0 && this.#names.waiters >= limit) {
      return { kind: "refused", reason: "full", retryAfterS: WAIT_AGAIN_S };
    }
    const retryAfterS =
      viewerKey === null
        ? null
        : this.#connects.admit(`${symbol} ${viewerKey}`, this.#clock.nowMs());
    if (retryAfterS !== null) return { kind: "refused", reason: "connects", retryAfterS };
    return { kind: "waits" };
  }

  async untilKnown(symbol: SymbolName, timeoutMs: number): Promise<boolean> {
    await this.#names.wait(symbol, (known) => this.#clock.within(known, timeoutMs));
    return this.#isKnown(symbol);
  }

  /** Those that Postgres has got to know since it was asked for all, as where a backup was put back. */
  async #find(symbols: readonly SymbolName[]): Promise<SymbolName[]> {
    try {
      return await findSymbolNames(this.#database, symbols);
    } catch (error) {
      this.#unavailable("names_not_looked_up", error);
      return [];
    }
  }

  /** Only of a database that is away names are unknown for now. @throws what is not a failure of the database. */
  #unavailable(event: string, error: unknown): void {
    const failure = failureOf(error);
    if (failure === null) throw error;
    this.#logger.warn(event, { ...failure });
  }

  /** Where data of no instrument goes there is always a room. */
  #isKnown(symbol: SymbolName): boolean {
    return symbol === SYSTEM_SYMBOL || this.#names.has(symbol);
  }

  /** A list of all must not open more rooms than this machine can hold. */
  async #mayOpen(rooms: readonly SymbolName[]): Promise<boolean> {
    const descriptors = rooms.length === 0 ? null : descriptorsOf(this.env);
    await descriptors?.look();
    return descriptors?.takeRooms(rooms, "read") ?? true;
  }

  /** Null while the room does not know it itself. */
  async #summaryOf(name: SymbolName): Promise<SymbolSummary | null> {
    const known = this.#summaries.get(name);
    if (known !== undefined) return known;
    const summary = await this.env.ROOM.get(this.env.ROOM.idFromName(name)).summary(name);
    // A report that came in meanwhile is newer.
    if (summary !== null && !this.#summaries.has(name)) this.#summaries.set(name, summary);
    return this.#summaries.get(name) ?? null;
  }
}

function emptyLine(symbol: SymbolName): SymbolSummary {
  const none = { last: null, last_ts: null, change: null, change_reason: "no_trade" as const };
  return { symbol, ...none, volume: 0, last_event: null, viewers: 0 };
}
