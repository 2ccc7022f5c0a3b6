import type { StoreOutcome } from "../../../src/bindings/writer.ts";
import { fullJitterMs } from "../../../src/core/limits/backoff.ts";
import type { Clock } from "../../clock.ts";
import type { HostPart, RoomId } from "../log/host-log.ts";
import type { HeldBack } from "./held-back.ts";
import type { PartLimit, Storable, SymbolOf } from "./outbox-log.ts";

/** Each second try costs a statement for each symbol that is refused, and none of them is urgent. */
const BACKOFF = { baseMs: 2_000, capMs: 60_000 };

export interface HeldBackLaneDeps {
  held: HeldBack;
  symbolOf: SymbolOf;
  storable: (room: RoomId) => Storable;
  partLimit: PartLimit;
  store: (rooms: HostPart["rooms"], leftBytes: number) => Promise<StoreOutcome>;
  clock: Pick<Clock, "nowMs">;
  random: () => number;
  keepAwake: (work: Promise<void>) => void;
  /** As of the drain. */
  storedIn: (identity: string) => void;
  onStored: () => void;
}

/**
 * Tries what is held back again, but for what has no place yet, some rooms at a time in turn, for as long as it takes. It keeps no
 * timer: an append or the host's alarm kicks it. Whatever is stored brings the next try at once; where nothing is, it comes after a
 * backoff.
 */
export class HeldBackLane {
  readonly #deps: HeldBackLaneDeps;
  #running = false;
  #failures = 0;
  #restsFromMs = 0;
  #restMs = 0;

  constructor(deps: HeldBackLaneDeps) {
    this.#deps = deps;
  }

  /** Starts trying, unless it is under way or was not long ago. */
  kick(): void {
    const { held, clock, keepAwake } = this.#deps;
    if (this.#running || held.rooms === 0) return;
    const elapsedMs = clock.nowMs() - this.#restsFromMs;
    if (elapsedMs >= 0 && elapsedMs < this.#restMs) return;
    this.#running = true;
    keepAwake(this.#run());
  }

  /** Something was refused just now. */
  rest(): void {
    if (!this.#running && this.#failures === 0) this.#backOff();
  }

  /** There is another database: what the last one refused it may take. */
  beginAnew(): void {
    this.#restMs = 0;
    this.#failures = 0;
  }

  async #run(): Promise<void> {
    const { held, storable, partLimit, store, storedIn, onStored } = this.#deps;
    const next = () => held.part(partLimit.bytes, (room) => storable(room) === "now");
    try {
      for (let part = next(); part !== null; part = next()) {
        const outcome = await store(part.rooms, held.bytes - part.bytes);
        const isSome = outcome.kind === "stored" || outcome.kind === "partly";
        held.stored(part, this.#refusedOf(part.rooms, outcome));
        if (isSome && outcome.identity !== null) storedIn(outcome.identity);
        if (!isSome) return this.#backOff();
        this.#failures = 0;
        onStored();
      }
    } finally {
      this.#running = false;
    }
  }

  #refusedOf(rooms: HostPart["rooms"], outcome: StoreOutcome): Set<RoomId> {
    if (outcome.kind === "stored") return new Set();
    const named = outcome.kind === "partly" ? new Set(outcome.refused) : null;
    return new Set(
      rooms
        .map(({ room }) => room)
        .filter((room) => named === null || named.has(this.#deps.symbolOf(room))),
    );
  }

  #backOff(): void {
    const { clock, random } = this.#deps;
    this.#restsFromMs = clock.nowMs();
    this.#restMs = fullJitterMs(this.#failures, BACKOFF, random);
    this.#failures += 1;
  }
}
