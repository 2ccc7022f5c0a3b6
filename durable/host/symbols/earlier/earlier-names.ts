import type { SymbolName } from "../../../../src/protocol/words/symbol.ts";
import type { Cursor } from "../../../../src/protocol/words/time.ts";
import { GroupCommit } from "../../../writer/group-commit.ts";
import type { Registry } from "../../registry.ts";
import type { HostMeta } from "../host-meta.ts";
import { LearnOnce } from "../learn-once.ts";
import type { Predecessors } from "./predecessors.ts";

/** Names of one query. */
const NAMES_A_LOOKUP = 1_000;
/** Rooms that are made in one turn of the event loop, some 10 us each. */
const NEW_ROOMS_A_TURN = 500;

export interface EarlierNamesDeps {
  registry: Registry;
  meta: HostMeta;
  predecessors: Predecessors;
  /** The placement says that the symbol is on this host. */
  isMine(symbol: SymbolName): boolean;
  /** Where a room that is made now begins: not behind anything that the host has. */
  bornNow(): Cursor;
  /** Every symbol that Postgres has something of; rejects while it cannot be read. */
  readStored(): Promise<readonly SymbolName[]>;
  /** Those of these symbols that Postgres has something of. */
  find(symbols: readonly SymbolName[]): Promise<readonly SymbolName[]>;
  /** There are rooms for these now. */
  met(symbols: readonly SymbolName[]): void;
  nowMs(): number;
  /** Lets others at the host: resolves in another turn of the event loop. */
  pause(): Promise<void>;
  /** Told of what could not be found out; what it throws, whoever asked gets. */
  failed(event: string, error: unknown): void;
}

/** Which symbols of a host there were before it, by what Postgres and the hosts before it say; it makes their rooms. */
export class EarlierNames {
  /** All of them have been told. */
  isLearned: boolean;
  readonly #deps: EarlierNamesDeps;
  readonly #learning: LearnOnce;
  /** Names that nobody knows are looked for together, so that however many are asked for, one query is under way. */
  readonly #lookups: GroupCommit<readonly SymbolName[], SymbolName[]>;

  constructor(deps: EarlierNamesDeps) {
    const { meta, nowMs, failed } = deps;
    this.#deps = deps;
    this.isLearned = meta.read("learned") === true;
    this.#lookups = new GroupCommit({
      commit: async (requests) => {
        const found = new Set(await deps.find(requests.flat()));
        return requests.map((request) => request.filter((symbol) => found.has(symbol)));
      },
      weigh: (request) => request.length,
      maxWeight: NAMES_A_LOOKUP,
      atOnce: 1,
    });
    this.#learning = new LearnOnce({
      isLearned: () => this.isLearned,
      ask: () => this.#learn(),
      nowMs,
      failed: (error) => failed("names_not_learned", error),
    });
  }

  /** Finds out all of them, once. False where that cannot be done now. */
  learn(): Promise<boolean> {
    return this.#learning.learn();
  }

  /** The settings are others: what was learned is of those of before. */
  forget(): void {
    this.isLearned = false;
    this.#deps.meta.write("learned", false);
  }

  /** Has Postgres anything of a symbol? Rejects while it cannot be asked. */
  async isStored(symbol: SymbolName): Promise<boolean> {
    return (await this.#lookups.submit([symbol])).length > 0;
  }

  /** Those that Postgres has got to know since it was asked for all, as where a backup was put back. False where it is away. */
  async lookUp(symbols: readonly SymbolName[]): Promise<boolean> {
    if (symbols.length === 0) return true;
    try {
      await this.#meet(await this.#lookups.submit(symbols));
      return true;
    } catch (error) {
      this.#deps.failed("names_not_looked_up", error);
      return false;
    }
  }

  async #learn(): Promise<void> {
    const { meta, predecessors, readStored } = this.#deps;
    if (!(await predecessors.announce())) return;
    // A database that cannot be read says so before anybody is asked for thousands of names.
    await this.#meet(await readStored());
    for await (const names of predecessors.names()) await this.#meet(names);
    meta.write("learned", true);
    this.isLearned = true;
  }

  /** Rooms for those of these symbols that are here and have none: they had something before. */
  async #meet(symbols: readonly SymbolName[]): Promise<void> {
    const { registry, isMine, bornNow, met, pause } = this.#deps;
    const news = symbols.filter((one) => registry.find(one) === undefined && isMine(one));
    for (let at = 0; at < news.length; at += NEW_ROOMS_A_TURN) {
      if (at > 0) await pause();
      // A push may have made one meanwhile.
      const left = news
        .slice(at, at + NEW_ROOMS_A_TURN)
        .filter((symbol) => registry.find(symbol) === undefined);
      registry.addAll(left, bornNow(), "place");
      met(left);
    }
  }
}
