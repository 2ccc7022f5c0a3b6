import type { RememberedKey } from "../../../../src/bindings/first-edition.ts";
import type { HadPart, HandedOver, IdempotentRequest } from "../../../../src/bindings/host.ts";
import { isStorageFull } from "../../../../src/core/limits/storage-watch.ts";
import {
  type HostName,
  hasOwnHosts,
  hostOf,
  type Placement,
  sharedHosts,
  symbolOf,
} from "../../../../src/core/placement/placement.ts";
import type { SymbolName } from "../../../../src/protocol/words/symbol.ts";
import type { Cursor } from "../../../../src/protocol/words/time.ts";
import type { HostMeta } from "../host-meta.ts";
import { LearnOnce } from "../learn-once.ts";
import { A_PAGE, pages } from "../pages.ts";
import { type FirstEdition, FirstEditionRooms } from "./first-edition-rooms.ts";
import { type Announced, Tenures } from "./tenures.ts";

/** So long a key is good for (SPEC I-6). */
const KEY_MS = 86_400_000;

export interface PredecessorsDeps {
  host: HostName;
  placement: Placement;
  meta: HostMeta;
  /** A room is on this host. */
  isUsed(): boolean;
  /** Of the host's log. */
  head(): Cursor;
  keeper: {
    /** `host` is null where nothing is on it, so that nobody has to ask it for its symbols. */
    announce(host: HostName | null, placement: Placement): Promise<Announced>;
    /** The hosts of one symbol that there have been, in order. */
    ownHostsAfter(host: HostName | "", most: number): Promise<HostName[]>;
  };
  others: {
    namesAfter(host: HostName, name: SymbolName | "", most: number): Promise<SymbolName[]>;
    handOver(
      host: HostName,
      symbol: SymbolName,
      before: number,
      isYours: boolean,
    ): Promise<HandedOver>;
    hadParts(
      host: HostName,
      request: IdempotentRequest,
      symbols: readonly SymbolName[],
    ): Promise<HadPart[]>;
  };
  /** Null where there was no first edition. */
  firstEdition: FirstEdition | null;
  rememberKeys(symbol: SymbolName, keys: readonly RememberedKey[]): void;
  nowMs(): number;
  failed(event: string, error: unknown): void;
}

/** What came of asking all that may have had a symbol. `through`: up to there they had it. */
export type TakenOver =
  | { kind: "handed_over"; through: Cursor }
  | { kind: "nothing" }
  | { kind: "unsure" };

/**
 * Who may have had a symbol before this host: the hosts it was on by earlier settings, and its room in the first edition. None of
 * them is passed over: while one does not answer, nobody knows what it has.
 */
export class Predecessors {
  readonly firstEdition: FirstEditionRooms;
  readonly #deps: PredecessorsDeps;
  readonly #tenures: Tenures;
  readonly #announcing: LearnOnce;
  readonly #underWay = new Map<SymbolName, Promise<TakenOver>>();
  #isRegistered: boolean;

  constructor(deps: PredecessorsDeps) {
    this.#deps = deps;
    const { meta, placement, firstEdition, rememberKeys, failed } = deps;
    this.#tenures = new Tenures(meta, placement, deps.nowMs(), deps.head());
    this.#isRegistered = meta.read("registered") === true;
    this.firstEdition = new FirstEditionRooms({ objects: firstEdition, meta, rememberKeys });
    this.#announcing = new LearnOnce({
      isLearned: () => this.#tenures.unannounced === null && (this.#isRegistered || !deps.isUsed()),
      ask: () => this.#announce(),
      nowMs: deps.nowMs,
      failed: (error) => failed("keeper_not_told", error),
    });
  }

  /** True where the settings are not those of the last life: what was sealed may be placed here again. */
  get hasNewSettings(): boolean {
    return this.#tenures.hasChanged;
  }

  /** Was a symbol on another host by the settings before these? */
  wasElsewhere(symbol: SymbolName): boolean {
    return this.#tenures.wasElsewhere(symbol, this.#deps.host);
  }

  /** Was a symbol placed on this host when something was appended here at a cursor? */
  wasHere(symbol: SymbolName, at: Cursor): boolean {
    const placement = this.#tenures.placementAt(at);
    return placement !== null && hostOf(symbol, placement) === this.#deps.host;
  }

  /** May a symbol, whose room is made now, have been elsewhere? Also where nobody knows yet. */
  mayHave(symbol: SymbolName): boolean {
    const { host } = this.#deps;
    const number = this.#tenures.numberOf(this.#tenures.current);
    if (number === null || this.firstEdition.mayHave(symbol)) return true;
    return this.#tenures.hostsBefore(symbol, number).some((name) => name !== host);
  }

  /** The tenure that lasts. */
  get tenure(): number {
    return this.#tenures.current;
  }

  /** The number of a tenure's placement; null while the Keeper has not said it. */
  numberOf(tenure: number): number | null {
    return this.#tenures.numberOf(tenure);
  }

  /** Is it known who was before? Asks the Keeper where it is not; false where that cannot be done now. */
  announce(): Promise<boolean> {
    return this.#announcing.learn();
  }

  /**
   * Names of all symbols that were elsewhere, a page at a time, some of them more than once, and some of them placed elsewhere now.
   *
   * @throws where one of those who know them cannot be asked.
   */
  async *names(): AsyncGenerator<readonly SymbolName[]> {
    const { host, keeper, others } = this.#deps;
    const before = this.#tenures.placementsBefore(Number.POSITIVE_INFINITY);
    const shared = new Set(before.flatMap(sharedHosts));
    for (const name of shared) {
      if (name !== host) yield* pages((after) => others.namesAfter(name, after, A_PAGE));
    }
    if (before.some(hasOwnHosts)) {
      const ownHosts = pages<HostName>((after) => keeper.ownHostsAfter(after, A_PAGE));
      for await (const page of ownHosts) {
        yield page.map(symbolOf).filter((symbol) => symbol !== null);
      }
    }
    yield* this.firstEdition.names();
  }

  /** Has all that may have had a symbol before a tenure hand it over. */
  takeOver(symbol: SymbolName, tenure: number): Promise<TakenOver> {
    let taking = this.#underWay.get(symbol);
    if (taking === undefined) {
      taking = this.#takeOver(symbol, tenure)
        .catch((error: unknown): TakenOver => {
          this.#deps.failed("symbol_not_handed_over", error);
          return { kind: "unsure" };
        })
        .finally(() => this.#underWay.delete(symbol));
      this.#underWay.set(symbol, taking);
    }
    return taking;
  }

  /** Symbols may have come here from other hosts, no longer ago than a key is good for, or nobody knows yet. */
  get isNewlyPlaced(): boolean {
    if (this.#tenures.unannounced !== null) return true;
    const sinceMs = this.#deps.nowMs() - this.#tenures.beganMs;
    return this.#tenures.hasEarlier && sinceMs < KEY_MS;
  }

  /**
   * Of these symbols those whose part of a request another host has had, by the settings of before (SPEC I-6). Null where one that may
   * have had some cannot be asked: then nobody can say that the request is new.
   */
  async hadElsewhere(
    request: IdempotentRequest,
    symbols: readonly SymbolName[],
  ): Promise<Map<SymbolName, HadPart> | null> {
    try {
      await this.firstEdition.bringKeys(symbols);
      return this.isNewlyPlaced ? await this.#hadElsewhere(request, symbols) : new Map();
    } catch (error) {
      if (isStorageFull(error)) throw error;
      this.#deps.failed("key_not_looked_up", error);
      return null;
    }
  }

  async #hadElsewhere(
    request: IdempotentRequest,
    symbols: readonly SymbolName[],
  ): Promise<Map<SymbolName, HadPart> | null> {
    const { host, others } = this.#deps;
    if (!(await this.announce())) return null;
    const had = new Map<SymbolName, HadPart>();
    const asked = new Map<HostName, SymbolName[]>();
    for (const symbol of symbols) {
      for (const name of this.#tenures.hostsBefore(symbol, Number.POSITIVE_INFINITY)) {
        if (name !== host) asked.set(name, [...(asked.get(name) ?? []), symbol]);
      }
    }
    for (const [name, theirs] of asked) {
      const answers = await others.hadParts(name, request, theirs);
      for (const [at, symbol] of theirs.entries()) {
        const answer = answers[at] ?? "no";
        if (preferenceOf(answer) > preferenceOf(had.get(symbol) ?? "no")) {
          had.set(symbol, answer);
        }
      }
    }
    return had;
  }

  /** There were other settings meanwhile, or these are newer than those of who has taken a symbol: the Keeper gives a number. */
  beginAnew(): void {
    if (this.#tenures.unannounced === null) {
      const { placement, nowMs, head } = this.#deps;
      this.#tenures.begin(placement, nowMs(), head());
    }
  }

  async #announce(): Promise<void> {
    const { host, placement, keeper, isUsed } = this.#deps;
    const name = isUsed() ? host : null;
    for (;;) {
      const unannounced = this.#tenures.unannounced;
      if (unannounced === null) break;
      this.#tenures.announced(await keeper.announce(name, unannounced));
      // The Keeper has been told the name with it, and a commit less is a wait for the disk less.
      if (name !== null) this.#registered();
    }
    if (name === null || this.#isRegistered) return;
    await keeper.announce(name, placement);
    this.#registered();
  }

  #registered(): void {
    if (this.#isRegistered) return;
    this.#isRegistered = true;
    this.#deps.meta.write("registered", true);
  }

  async #takeOver(symbol: SymbolName, tenure: number): Promise<TakenOver> {
    const { host, placement, others } = this.#deps;
    if (!(await this.announce())) return { kind: "unsure" };
    const number = this.#tenures.numberOf(tenure);
    if (number === null) return { kind: "unsure" };
    const answers: HandedOver[] = [];
    for (const name of this.#tenures.hostsBefore(symbol, number)) {
      if (name === host) continue;
      const isYours = name === hostOf(symbol, placement);
      answers.push(await others.handOver(name, symbol, number, isYours));
      if (answers.at(-1)?.kind === "not_yet") return { kind: "unsure" };
    }
    if (this.firstEdition.mayHave(symbol)) answers.push(await this.firstEdition.handOver(symbol));
    if (answers.some(({ kind }) => kind === "not_yet")) return { kind: "unsure" };
    const through = answers.flatMap((one) => (one.kind === "handed_over" ? [one.through] : []));
    if (through.length === 0) return { kind: "nothing" };
    return { kind: "handed_over", through: Math.max(...through) as Cursor };
  }
}

/** Another one is told of in any case; of those that had it, who says where, and best who knows it for sure. */
function preferenceOf(part: HadPart): number {
  if (typeof part === "string") return { no: 0, same: 1, other: 4 }[part];
  return part.mayBeLater === true ? 2 : 3;
}
