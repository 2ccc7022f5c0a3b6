import type {
  HadPart,
  HostBatch,
  HostRefusal,
  IdempotentRequest,
} from "../../../src/bindings/host.ts";
import type { SymbolName } from "../../../src/protocol/words/symbol.ts";
import type { Cursor, EpochUs } from "../../../src/protocol/words/time.ts";
import type { HostLog, RoomId } from "../log/host-log.ts";
import type { KnownPart, KnownRequest } from "../log/keys/known-request.ts";
import type { FirstEditionKeys } from "../symbols/earlier/first-edition-keys.ts";
import type { FirstEditionRooms } from "../symbols/earlier/first-edition-rooms.ts";
import type { Predecessors } from "../symbols/earlier/predecessors.ts";

export interface KnownRequestsDeps {
  log: Pick<HostLog, "findKey">;
  predecessors: Pick<Predecessors, "isNewlyPlaced" | "hadElsewhere" | "wasHere"> & {
    firstEdition: Pick<FirstEditionRooms, "carried">;
  };
  firstKeys: Pick<FirstEditionKeys, "has">;
  /** Every room that a symbol has had on this host, oldest first. */
  roomsOf(symbol: SymbolName): readonly RoomId[];
  /** No frame of a symbol here is behind it. */
  headOf(symbol: SymbolName): Cursor;
  nowUs(): EpochUs;
}

/**
 * Which parts of a request with an `Idempotency-Key` were taken before, here or elsewhere (SPEC I-6). This host's log knows a key
 * for all of a request, unless symbols came to the host no longer ago than a key is good for: then other hosts may have had parts
 * of it, and this one only those of the symbols it had.
 */
export class KnownRequests {
  readonly #deps: KnownRequestsDeps;
  /** By key and digest, of requests under way: which of their symbols another host has had. */
  readonly #elsewhere = new Map<string, ReadonlyMap<SymbolName, HadPart>>();
  /** The last batch that waits until the others are asked; null where none does, and none has yet to begin. */
  #asking: Promise<unknown> | null = null;

  constructor(deps: KnownRequestsDeps) {
    this.#deps = deps;
  }

  /**
   * Runs `then` when it is known what others have had of the batch. Batches behind it wait as well, so that changes of a book keep
   * their order. Where one that may have had some of it cannot be asked, the batch is refused.
   */
  async inTurn<Said>(
    batch: HostBatch,
    then: () => Promise<Said> | Said,
  ): Promise<Said | HostRefusal> {
    try {
      const mustWait = this.#asking !== null || this.#mustAsk(batch);
      const { said } = mustWait ? await this.#beginInTurn(batch, then) : { said: then() };
      return await said;
    } finally {
      if (batch.idempotency !== undefined) this.#elsewhere.delete(markOf(batch.idempotency));
    }
  }

  /** Has another host, or the first edition's room, had the part of this very request for a symbol? */
  readonly hadElsewhere = (symbol: SymbolName, request: IdempotentRequest): HadPart =>
    this.#elsewhere.get(markOf(request))?.get(symbol) ??
    this.#deps.firstKeys.has(symbol, request, this.#deps.nowUs());

  /** Has this host had the part of a request that it knows? */
  readonly hadHere = (symbol: SymbolName, known: KnownRequest): boolean =>
    !this.#deps.predecessors.isNewlyPlaced || this.#partHere(symbol, known) !== "no";

  /**
   * Where a part of a request is that this host or another has had: the cursor that the first answer had. Where what it brought has
   * moved since, is in the log no more, or was nothing but trades seen before, it may be a later one. Null: nobody knows.
   */
  readonly placeOf = (
    symbol: SymbolName,
    request: IdempotentRequest,
    known: KnownRequest | null,
  ): Cursor | null => {
    const here = known === null ? null : this.#partOf(symbol, known).part;
    if (here?.kind === "had") return here.end;
    const elsewhere = this.hadElsewhere(symbol, request);
    if (typeof elsewhere === "object") return elsewhere.cursor;
    if (here?.kind === "unsure" && here.end !== null) return here.end;
    return known === null ? null : this.#endOfRow(symbol, known);
  };

  /** Has this host had the parts of a request for these symbols, by place? Asked by another host. */
  partsHad(request: IdempotentRequest, symbols: readonly SymbolName[]): HadPart[] {
    const known = this.#deps.log.findKey(request.key, this.#deps.nowUs());
    return symbols.map((symbol) => {
      if (known === null) return "no";
      if (known.fingerprint !== request.fingerprint) return "other";
      return this.#partHere(symbol, known);
    });
  }

  /** Where the log cannot tell, a host has had the parts for the symbols that were placed on it then: a request is taken whole. */
  #partHere(symbol: SymbolName, known: KnownRequest): HadPart {
    const { part, commit } = this.#partOf(symbol, known);
    if (part.kind === "had") return { cursor: part.end };
    if (part.kind === "nothing") return "no";
    return { cursor: part.end ?? this.#endOfRow(symbol, commit), mayBeLater: true };
  }

  /** Of the commits of a request, for its symbols may have come here one by one, that which brought something of a symbol. */
  #partOf(symbol: SymbolName, known: KnownRequest): { part: KnownPart; commit: KnownRequest } {
    const { roomsOf, predecessors } = this.#deps;
    const rooms = roomsOf(symbol);
    for (let commit: KnownRequest | null = known; commit !== null; commit = commit.before()) {
      const part = commit.partOf(rooms);
      const isHere = part.kind === "had" || predecessors.wasHere(symbol, commit.from);
      if (part.kind !== "nothing" && isHere) return { part, commit };
    }
    return { part: { kind: "nothing" }, commit: known };
  }

  /** Whatever a request brought of a symbol here is not behind it, where nothing of that has moved. */
  #endOfRow(symbol: SymbolName, { row }: KnownRequest): Cursor {
    return Math.min(row, this.#deps.headOf(symbol)) as Cursor;
  }

  #mustAsk({ idempotency }: HostBatch): boolean {
    const { isNewlyPlaced, firstEdition } = this.#deps.predecessors;
    return idempotency !== undefined && (isNewlyPlaced || firstEdition.carried !== null);
  }

  /** Asks when those before it have begun, and begins itself before anything behind it may. */
  async #beginInTurn<Said>(
    batch: HostBatch,
    then: () => Promise<Said> | Said,
  ): Promise<{ said: Promise<Said> | Said | HostRefusal }> {
    const before = this.#asking ?? Promise.resolve();
    const begin = async () =>
      (await this.#ask(batch)) ? { said: then() } : { said: { kind: "key_unsure" } as const };
    const turn = before.catch(() => undefined).then(begin);
    this.#asking = turn;
    try {
      return await turn;
    } finally {
      if (this.#asking === turn) this.#asking = null;
    }
  }

  /** False where nobody can say what others have had of it. */
  async #ask({ idempotency, rooms }: HostBatch): Promise<boolean> {
    if (idempotency === undefined) return true;
    const symbols = rooms.map(({ symbol }) => symbol);
    const had = await this.#deps.predecessors.hadElsewhere(idempotency, symbols);
    if (had === null) return false;
    if (had.size > 0) this.#elsewhere.set(markOf(idempotency), had);
    return true;
  }
}

/** Two requests may come with one key. */
function markOf({ key, fingerprint }: IdempotentRequest): string {
  return `${fingerprint} ${key}`;
}
