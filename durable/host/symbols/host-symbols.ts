import type { Acquaintance } from "../../../src/bindings/host.ts";
import type { ImportedPrice } from "../../../src/db/bars/read-imported-prices.ts";
import type { SymbolSummary } from "../../../src/protocol/answers/answers.ts";
import { SYSTEM_SYMBOL, type SymbolName } from "../../../src/protocol/words/symbol.ts";
import type { Cursor } from "../../../src/protocol/words/time.ts";
import type { RoomRecord } from "../room-record.ts";
import { CarryOver } from "./earlier/carry-over.ts";
import { EarlierNames, type EarlierNamesDeps } from "./earlier/earlier-names.ts";
import type { TakenOver } from "./earlier/predecessors.ts";
import { firstAfter } from "./names-in-order.ts";
import { NewRooms } from "./new-rooms.ts";
import { SymbolLines } from "./symbol-lines.ts";

/** Longer than objects of a version before run beside the new ones, in ms: whoever has newer settings keeps the symbol. */
const CLAIM_BACK_MS = 360_000;

/**
 * Where events of a symbol from before the life of its room's log may be. `unsure`: nobody can tell while Postgres or the Keeper is away.
 * `awaited`: Postgres answers, and does not have yet all that the symbol had before, here or on another host.
 */
export type EarlierPlace = "nowhere" | "postgres" | "awaited" | "unsure";

export interface HostSymbolsDeps extends EarlierNamesDeps {
  /** This room ends: what it alone knows is appended, it leaves memory, and whoever is there comes back. */
  leaveRoom(record: RoomRecord): void;
  /** Is there anything of the room here? */
  hasFrames(record: RoomRecord): boolean;
  readPrices(symbols: readonly SymbolName[]): Promise<ReadonlyMap<SymbolName, ImportedPrice>>;
  /** Is what former rooms of the symbol have in Postgres? Waits for it for a while. */
  isRestStored(symbol: SymbolName): Promise<boolean>;
  /** These have a room from now on. */
  born(symbols: readonly SymbolName[]): void;
  /** New symbols a minute of one token's holder (SPEC L-23); 0: no limit. */
  newRoomsPerMinute: number;
  keepAwake(work: Promise<unknown>): void;
}

/**
 * Which symbols a host knows: those that have a room. Somebody has pushed them, or Postgres or an earlier host had something of
 * them when this host was made or got its symbols; what came about since, the host has seen itself.
 */
export class HostSymbols {
  readonly #deps: HostSymbolsDeps;
  readonly #newRooms: NewRooms;
  readonly #lines: SymbolLines;
  readonly #earlier: EarlierNames;
  /** Names of all rooms in order, for as long as no room comes. */
  #names: SymbolName[] = [];
  readonly #carryOver: CarryOver;
  /** Where earlier hosts had symbols, up to which cursor. */
  readonly #through = new Map<SymbolName, Cursor>();
  #refusingSinceMs: number | null = null;

  constructor(deps: HostSymbolsDeps) {
    this.#deps = deps;
    const { registry, predecessors } = deps;
    this.#newRooms = new NewRooms(deps.newRoomsPerMinute);
    this.#lines = new SymbolLines({
      ...deps,
      names: () => this.#inOrder(),
      isHere: (record) => this.#isHere(record),
    });
    this.#earlier = new EarlierNames(deps);
    this.#carryOver = new CarryOver({
      firstEdition: predecessors.firstEdition,
      namesAfter: (name, most) => this.namesAfter(name, most),
      isHere: (symbol) => this.#isHere(registry.find(symbol)),
      takeOver: (symbol) => this.#takeOver(symbol),
    });
    registry.tenure = predecessors.tenure;
  }

  /** The first thing that is asked, once all else of the host is there. */
  begin(): void {
    if (this.#deps.predecessors.hasNewSettings) this.#beginAnew();
  }

  /** Where data of no instrument goes there is always a room. */
  isKnown(symbol: SymbolName): boolean {
    return symbol === SYSTEM_SYMBOL || this.#deps.registry.find(symbol) !== undefined;
  }

  /** The same of many, for which together it is much cheaper: the records of those that have none. */
  makeRooms(symbols: readonly SymbolName[]): void {
    this.#add(symbols);
  }

  /**
   * At a symbol's first push, in the turn that appends it: its record, made where there is none. Whoever gets one that is sealed
   * appends nothing: another host has the symbol.
   */
  roomFor(symbol: SymbolName): RoomRecord {
    const { registry } = this.#deps;
    const known = registry.find(symbol) ?? this.#addOne(symbol);
    if (!known.isSealed) return known;
    this.#claimBack(symbol);
    return registry.find(symbol) ?? known;
  }

  /**
   * May the holder of a token push these symbols? Those that are not known are counted, all or none. Null: yes; else the seconds
   * after which they may be.
   */
  refuseNew(holder: string, symbols: readonly SymbolName[]): number | null {
    const fresh = symbols.filter((symbol) => !this.isKnown(symbol));
    if (fresh.length === 0) return null;
    return this.#newRooms.admit(holder, fresh, this.#deps.nowMs());
  }

  /**
   * Finds out, once, which symbols of this host there were before it, and makes their rooms. False where that cannot be done now.
   */
  learn(): Promise<boolean> {
    return this.#earlier.learn();
  }

  /** Are they all symbols of which there is something? */
  async acquaintance(symbols: readonly SymbolName[]): Promise<Acquaintance> {
    const unknown = () => symbols.filter((symbol) => !this.isKnown(symbol));
    if (unknown().length === 0) return { kind: "known" };
    const isSure = (await this.learn()) && (await this.#earlier.lookUp(unknown()));
    const left = unknown();
    if (left.length === 0) return { kind: "known" };
    return { kind: isSure ? "unknown" : "unsure", symbols: left };
  }

  /** These have a history, whether or not anybody pushes events to their rooms. `news`: bars of them were posted. */
  know(symbols: readonly SymbolName[], news?: "bars"): void {
    this.#add(symbols.filter((symbol) => !this.isKnown(symbol)));
    if (news === "bars") this.#lines.barsPosted(symbols);
  }

  /** Where may something of a symbol be from before its room here? Asked by a room that does not know its place yet. */
  async earlierPlace(symbol: SymbolName): Promise<EarlierPlace> {
    if (!(await this.learn())) return "unsure";
    const isRestStored = await this.#deps.isRestStored(symbol);
    const taken = isRestStored ? (await this.#takeOver(symbol)).kind : "unsure";
    if (taken === "handed_over") return "postgres";
    try {
      const isStored = await this.#earlier.isStored(symbol);
      if (taken === "unsure") return "awaited";
      return isStored ? "postgres" : "nowhere";
    } catch (error) {
      this.#deps.failed("names_not_looked_up", error);
      return "unsure";
    }
  }

  /** Up to where earlier hosts had a symbol, where that is known: its cursors here are behind it (SPEC C-1). */
  handedOverThrough(symbol: SymbolName): Cursor | null {
    return this.#through.get(symbol) ?? null;
  }

  /**
   * The line of every symbol of this host, by name. `complete` is false while Postgres may know others, or more of these.
   * `summaryOf` gives null where a room does not know its line; one that rejects costs its own line alone.
   */
  async list(
    summaryOf: (record: RoomRecord) => Promise<SymbolSummary | null>,
  ): Promise<{ symbols: SymbolSummary[]; complete: boolean }> {
    return this.#lines.list(await this.learn(), summaryOf);
  }

  /** The next names behind this one, in order: for a host that has got some of them. */
  namesAfter(name: SymbolName | "", most: number): SymbolName[] {
    const names = this.#inOrder();
    const at = firstAfter(names, name);
    return names.slice(at, at + most);
  }

  /**
   * A symbol of this host was elsewhere for a while in which this host slept, by the placement of number `before`: asked by
   * `handOver`.
   */
  comesBack(record: RoomRecord, before: number): void {
    const { registry, predecessors } = this.#deps;
    const number = predecessors.numberOf(predecessors.tenure) ?? Number.POSITIVE_INFINITY;
    if (number < before) predecessors.beginAnew();
    registry.tenure = predecessors.tenure;
    this.#reopen(record);
  }

  /** Nothing is to be found out or to be got from elsewhere. While it is not so, the alarm asks `lookAfter` now and again. */
  get isSettled(): boolean {
    return this.#earlier.isLearned && this.#deps.predecessors.firstEdition.carried === null;
  }

  /** Finds out what was before where nobody asks for it, and has rooms of the first edition hand over. */
  async lookAfter(): Promise<void> {
    if (await this.learn()) await this.#carryOver.run();
  }

  #add(symbols: readonly SymbolName[]): void {
    const { registry, predecessors, bornNow, keepAwake } = this.#deps;
    const unknown = symbols.filter((symbol) => registry.find(symbol) === undefined);
    if (unknown.length === 0) return;
    const isFirst = registry.size === 0;
    const { yes = [], no = [] } = Object.groupBy(new Set(unknown), (symbol) =>
      this.#earlier.isLearned && !predecessors.mayHave(symbol) ? "yes" : "no",
    );
    registry.addAll(yes, bornNow(), null);
    registry.addAll(no, bornNow(), "place");
    this.#deps.born(unknown);
    if (isFirst) keepAwake(predecessors.announce());
  }

  #addOne(symbol: SymbolName): RoomRecord {
    const { registry } = this.#deps;
    this.#add([symbol]);
    return registry.find(symbol) as RoomRecord;
  }

  #isHere(record: RoomRecord | undefined): record is RoomRecord {
    return record !== undefined && !record.isSealed && this.#deps.isMine(record.symbol);
  }

  async #takeOver(symbol: SymbolName): Promise<TakenOver> {
    const { registry, predecessors } = this.#deps;
    const tenure = registry.find(symbol)?.tenure ?? predecessors.tenure;
    const taken = await predecessors.takeOver(symbol, tenure);
    if (taken.kind === "handed_over") this.#through.set(symbol, taken.through);
    return taken;
  }

  /** Names in order; made anew only where rooms have come. */
  #inOrder(): readonly SymbolName[] {
    const { registry } = this.#deps;
    if (this.#names.length !== registry.size) this.#names = registry.names();
    return this.#names;
  }

  /** The settings are others: what was learned is of those of before, and symbols come back that were elsewhere. */
  #beginAnew(): void {
    const { registry, isMine, predecessors } = this.#deps;
    this.#earlier.forget();
    for (const record of [...registry.all()]) {
      const mayHaveLeft = record.isSealed || predecessors.wasElsewhere(record.symbol);
      if (mayHaveLeft && isMine(record.symbol)) this.#reopen(record);
    }
  }

  #reopen(record: RoomRecord): void {
    const { registry, bornNow, leaveRoom, hasFrames } = this.#deps;
    if (record.pending !== "place" || !hasFrames(record)) {
      leaveRoom(record);
      registry.renew(record, bornNow());
      return;
    }
    // One that has not got its place waits for those who had the symbol before that, and for nobody who may wait for its frames.
    registry.unseal(record);
  }

  /** Somebody pushes what these settings place here, and another host has taken it: after so long, these are the newer ones. */
  #claimBack(symbol: SymbolName): void {
    const { registry, isMine, nowMs, predecessors, keepAwake } = this.#deps;
    if (!isMine(symbol)) return;
    const sinceMs = nowMs() - (this.#refusingSinceMs ?? nowMs());
    if (this.#refusingSinceMs === null || sinceMs < 0) this.#refusingSinceMs = nowMs();
    if (sinceMs < CLAIM_BACK_MS) return;
    this.#refusingSinceMs = null;
    predecessors.beginAnew();
    registry.tenure = predecessors.tenure;
    this.#beginAnew();
    keepAwake(predecessors.announce());
  }
}
