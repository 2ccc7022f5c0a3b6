import { type HostName, hostOf, type Placement } from "../../../../src/core/placement/placement.ts";
import type { SymbolName } from "../../../../src/protocol/words/symbol.ts";
import { CURSOR_ORIGIN, type Cursor } from "../../../../src/protocol/words/time.ts";
import type { HostMeta } from "../host-meta.ts";

/** A time in which a host had the same settings. */
interface Tenure {
  placement: Placement;
  /** Place of the placement among all there ever were; null while the Keeper has not been told of it. */
  number: number | null;
  /** When it began here, in ms. */
  beganMs: number;
  /** The head of the host's log then; a version before did not write it down. */
  beganAt?: Cursor;
}

/** What the Keeper says to a placement. */
export interface Announced {
  /** Every placement there was before this one, in order: as many as its number. */
  earlier: readonly Placement[];
}

/**
 * Under which placements a host has lived, and which there were before and elsewhere. A room belongs to the tenure in which it was
 * made or came back, and only hosts of placements before that can have had its symbol: so of two hosts that gave a symbol to
 * each other, never does each wait for the other.
 */
export class Tenures {
  readonly #meta: HostMeta;
  readonly #tenures: Tenure[];
  /** True where the settings are not those of the last life. */
  readonly hasChanged: boolean;
  #earlier: readonly Placement[];

  /** `head`: of the host's log. */
  constructor(meta: HostMeta, placement: Placement, nowMs: number, head: Cursor) {
    this.#meta = meta;
    this.#tenures = meta.read<Tenure[]>("tenures") ?? [];
    this.#earlier = meta.read<Placement[]>("earlier_placements") ?? [];
    const last = this.#tenures.at(-1);
    this.hasChanged = last !== undefined && !isSame(last.placement, placement);
    if (last === undefined || this.hasChanged) this.begin(placement, nowMs, head);
  }

  /** The one that lasts. */
  get current(): number {
    return this.#tenures.length - 1;
  }

  /** The placement of the oldest tenure that the Keeper has not been told of; null where it knows all. */
  get unannounced(): Placement | null {
    return this.#tenures.find(({ number }) => number === null)?.placement ?? null;
  }

  /** When the one that lasts began here, in ms. */
  get beganMs(): number {
    return this.#tenures.at(-1)?.beganMs ?? 0;
  }

  /** There were other settings before. */
  get hasEarlier(): boolean {
    return this.#earlier.length > 0;
  }

  /** A tenure begins. */
  begin(placement: Placement, nowMs: number, head: Cursor): void {
    const { ROOM_HOSTS, ROOM_DEDICATED } = placement;
    this.#tenures.push({
      ...{ placement: { ROOM_HOSTS, ROOM_DEDICATED }, number: null },
      ...{ beganMs: nowMs, beganAt: head },
    });
    this.#save();
  }

  /** The settings by which something was appended here at a cursor. */
  placementAt(cursor: Cursor): Placement | null {
    const tenure = this.#tenures.findLast(({ beganAt = CURSOR_ORIGIN }) => beganAt < cursor);
    return tenure?.placement ?? null;
  }

  /** The Keeper's answer to `unannounced`. */
  announced({ earlier }: Announced): void {
    const tenure = this.#tenures.find(({ number }) => number === null);
    if (tenure === undefined) return;
    tenure.number = earlier.length;
    this.#earlier = earlier;
    this.#save();
  }

  /** Was a symbol on another host by the settings before these? */
  wasElsewhere(symbol: SymbolName, host: HostName): boolean {
    const before = this.#tenures.at(-2);
    return before !== undefined && hostOf(symbol, before.placement) !== host;
  }

  /** The number of a tenure's placement; null while the Keeper has not been told of it. */
  numberOf(tenure: number): number | null {
    return this.#tenures[tenure]?.number ?? null;
  }

  /** The placements before one, in order. */
  placementsBefore(number: number): readonly Placement[] {
    return this.#earlier.slice(0, number);
  }

  /** The hosts that a symbol was on by the placements before one, the latest first. */
  hostsBefore(symbol: SymbolName, number: number): HostName[] {
    const names = this.placementsBefore(number).map((placement) => hostOf(symbol, placement));
    return [...new Set(names.reverse())];
  }

  #save(): void {
    this.#meta.write("tenures", this.#tenures);
    this.#meta.write("earlier_placements", this.#earlier);
  }
}

function isSame(one: Placement, other: Placement): boolean {
  return (
    one.ROOM_HOSTS === other.ROOM_HOSTS &&
    one.ROOM_DEDICATED.join(" , ") === other.ROOM_DEDICATED.join(" , ")
  );
}
