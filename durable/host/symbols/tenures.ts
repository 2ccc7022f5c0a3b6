import type { HostName, Placement } from "../../../src/core/placement.ts";
import { hostOf } from "../../../src/core/placement.ts";
import type { SymbolName } from "../../../src/protocol/symbol.ts";
import { CURSOR_ORIGIN, type Cursor } from "../../../src/protocol/time.ts";
import type { HostMeta } from "./host-meta.ts";

/** A time in which a host had the same settings. */
interface Tenure {
  placement: Placement;
  /** What was made at a cursor after it belongs to this tenure, or to a later one. */
  from: Cursor;
  /** Place of the placement among all there ever were; null while the Keeper has not been told of it. */
  number: number | null;
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

  /** `nowCursor`: nothing that the host has is behind it. */
  constructor(meta: HostMeta, placement: Placement, nowCursor: Cursor) {
    this.#meta = meta;
    this.#tenures = meta.read<Tenure[]>("tenures") ?? [];
    this.#earlier = meta.read<Placement[]>("earlier_placements") ?? [];
    const last = this.#tenures.at(-1);
    this.hasChanged = last !== undefined && !isSame(last.placement, placement);
    if (last === undefined || this.hasChanged) {
      this.begin(placement, last === undefined ? CURSOR_ORIGIN : nowCursor);
    }
  }

  /** The placement of the oldest tenure that the Keeper has not been told of; null where it knows all. */
  get unannounced(): Placement | null {
    return this.#tenures.find(({ number }) => number === null)?.placement ?? null;
  }

  /** A tenure begins. */
  begin(placement: Placement, from: Cursor): void {
    const { ROOM_HOSTS, ROOM_DEDICATED } = placement;
    this.#tenures.push({ placement: { ROOM_HOSTS, ROOM_DEDICATED }, from, number: null });
    this.#save();
  }

  /** The Keeper's answer to `unannounced`. */
  announced({ earlier }: Announced): void {
    const tenure = this.#tenures.find(({ number }) => number === null);
    if (tenure === undefined) return;
    tenure.number = earlier.length;
    this.#earlier = earlier;
    this.#save();
  }

  /** Number of the tenure that a room made at `born` belongs to; null where the Keeper has not been told of it. */
  numberOf(born: Cursor): number | null {
    return this.#tenures.findLast(({ from }) => from <= born)?.number ?? null;
  }

  /** The placements before a tenure, in order. */
  placementsBefore(number: number): readonly Placement[] {
    return this.#earlier.slice(0, number);
  }

  /** The hosts that a symbol was on before a tenure, the latest first. */
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
