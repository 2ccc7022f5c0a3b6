import type { StoreOutcome } from "../../../src/bindings/writer.ts";
import { fullJitterMs } from "../../../src/core/limits/backoff.ts";
import type { SymbolName } from "../../../src/protocol/words/symbol.ts";
import type { Cursor } from "../../../src/protocol/words/time.ts";
import type { Clock } from "../../clock.ts";
import type { HostPart, RoomId } from "../log/host-log.ts";
import type { HeldBack } from "./held-back.ts";
import type { OutboxLog, PartLimit, Storable, SymbolOf } from "./outbox-log.ts";
import { Rest } from "./rest.ts";

/**
 * One part holds about this much: enough that the fixed cost of an insert is small, and little enough that making it
 * ready holds up the acknowledgements of other requests for some 20 ms at the most.
 */
export const PART_LIMIT: DrainLimit = { events: 4_000, bytes: 512 * 1024, firstShare: 1 / 8 };
/** Parts under way at once: while Postgres works on one, the next is made ready. */
const PARTS_UNDER_WAY = 2;
/** A part of less than this share of the limit is small. */
const SMALL_SHARE = 1 / 4;
const BACKOFF = { baseMs: 250, capMs: 15_000 };
/** Behind a part that was refused whole so many parts with other rooms are tried, and so many looked at. */
const WITNESSES = { tried: 3, lookedAt: 16 };

export interface DrainLimit extends PartLimit {
  /**
   * After a start a part has this share of it, and twice as much after each that was stored. A whole part can take seconds of a
   * busy machine, and a host that dies again and again has to have stored something in each life. Where Postgres does not answer
   * the next part is half of it.
   */
  firstShare: number;
}

export interface DrainDeps {
  log: OutboxLog;
  held: HeldBack;
  symbolOf: SymbolOf;
  storable: (room: RoomId) => Storable;
  partLimit: DrainLimit;
  /** `leftBytes`: of what waits, what is in no part that is under way. */
  store: (rooms: HostPart["rooms"], leftBytes: number) => Promise<StoreOutcome>;
  clock: Pick<Clock, "nowMs" | "within">;
  random: () => number;
  keepAwake: (work: Promise<void>) => void;
  /** What was stored is in the database of this identity. True where that is another one, and the outbox begins anew. */
  storedIn: (identity: string) => boolean;
  /** The outbox's position moved. */
  onStored: () => void;
  /** Something is held back that was refused just now. */
  onHeldBack: () => void;
  /** Does somebody wait for something in the outbox? */
  isAwaited: () => boolean;
}

interface PartUnderWay {
  part: HostPart;
  /** Rooms of which something before this is held back, and so this is as well. */
  aside: ReadonlySet<RoomId>;
  /** Those of them that had no place yet. */
  unplaced: readonly RoomId[];
  outcome: Promise<StoreOutcome>;
}

/**
 * Moves the outbox of a host to Postgres, part by part and in order: while parts are on their way the next gathers in the log.
 * A part that could not be stored is sent again after a backoff, for as long as it takes, and so is what was sent after it;
 * storing twice changes nothing, and nothing is ever passed over (INV-1).
 *
 * The lane's position is one number, so a symbol whose frames Postgres refuses would hold up its whole host for ever. Where
 * others of the part were stored, its frames are held back (`HeldBack`) and the lane goes on. Where nothing of the part was
 * stored, that tells more of the database or of our code than of any symbol, and to copy a whole outbox would help nobody: the
 * part waits, unless Postgres takes something of another room from behind it. So nothing is held back in a fault of
 * everything, and nobody waits for a symbol that is refused alone.
 *
 * A room whose place depends on what another host has yet to store is held back as well: that host's lane may wait for this one.
 */
export class OutboxDrain {
  readonly #deps: DrainDeps;
  readonly #rest = new Rest();
  #running = false;
  #failures = 0;
  #share: number;
  #hurried = Promise.withResolvers<void>();
  /** Behind the part at `after` there is nothing of other rooms than its own, up to `through`. */
  #alone: { after: Cursor; through: Cursor } | null = null;

  constructor(deps: DrainDeps) {
    this.#deps = deps;
    this.#share = deps.partLimit.firstShare;
  }

  /** Starts draining, unless it is under way, or has to rest and is kicked again when that is over. */
  kick(): void {
    if (this.#running || this.#deps.log.outboxBytes === 0) return;
    const { ms, isTimed } = this.#left();
    if (ms > 0 && !isTimed) return;
    this.#running = true;
    this.#deps.keepAwake(this.#run());
  }

  /** Somebody waits for something in the outbox: what gathers goes now. */
  hurry(): void {
    this.#hurried.resolve();
    this.kick();
  }

  async #run(): Promise<void> {
    const underWay: PartUnderWay[] = [];
    try {
      while (this.#deps.log.outboxBytes > 0 || underWay.length > 0) {
        if (underWay.length === 0 && !(await this.#rested())) return;
        this.#send(underWay);
        const oldest = underWay.shift();
        if (oldest === undefined) return;
        const isDone = await this.#end(oldest);
        // What was sent after a part that has to go again, or whose rooms are held back now, goes again.
        if (!isDone) await Promise.all(underWay.splice(0).map(({ outcome }) => outcome));
        else if (underWay.length > 0 || this.#isWorthIt()) this.#rest.none();
        else this.#rest.gather(this.#deps.clock.nowMs());
      }
    } finally {
      // At once, so that nobody finds it running who comes before the next turn.
      this.#running = false;
    }
  }

  /** False where the rest is too long to stay awake for. */
  async #rested(): Promise<boolean> {
    for (;;) {
      const { ms, isTimed } = this.#left();
      if (ms === 0) return true;
      if (!isTimed) return false;
      this.#hurried = Promise.withResolvers();
      const isHurried = await this.#deps.clock.within(this.#hurried.promise, ms);
      // A clock that stands still would never say so.
      if (!isHurried) this.#rest.over();
    }
  }

  /** How long the outbox, which has something, is to rest yet. */
  #left(): { ms: number; isTimed: boolean } {
    const { clock, isAwaited } = this.#deps;
    const left = this.#rest.left(clock.nowMs());
    if (left.ms > 0 && (isAwaited() || this.#isWorthIt())) this.#rest.hurry();
    else return left;
    return this.#rest.left(clock.nowMs());
  }

  /** Sends what there is, as far as parts may be under way; behind another only a part that is worth it. */
  #send(underWay: PartUnderWay[]): void {
    const { log, held, storable, store } = this.#deps;
    const partLimit = this.#limit;
    let leftBytes = log.outboxBytes;
    for (const { part } of underWay) leftBytes -= part.bytes;
    while (underWay.length < PARTS_UNDER_WAY) {
      const before = underWay.at(-1);
      const part = log.outbox(partLimit, before?.part.through ?? log.storedThrough, this.#mayTake);
      if (part === null || (before !== undefined && this.#isSmall(part))) return;
      const unplaced = part.rooms
        .map(({ room }) => room)
        .filter((room) => storable(room) !== "now");
      const aside = new Set(unplaced);
      for (const { room } of part.rooms) {
        if (held.has(room) || before?.aside.has(room)) aside.add(room);
      }
      const rooms = part.rooms.filter(({ room }) => !aside.has(room));
      leftBytes -= part.bytes;
      const outcome: Promise<StoreOutcome> =
        rooms.length === 0
          ? Promise.resolve({ kind: "stored", identity: null })
          : store(rooms, leftBytes);
      underWay.push({ part, aside, unplaced, outcome });
    }
  }

  /** True where the outbox has moved behind the part, and what was sent after it may count. */
  async #end(sent: PartUnderWay): Promise<boolean> {
    const { part, aside } = sent;
    const outcome = await sent.outcome;
    switch (outcome.kind) {
      case "stored":
        return this.#take(sent, outcome.identity, aside) === "moved";
      case "partly": {
        const refused = this.#roomsOf(part, outcome.refused);
        this.#take(sent, outcome.identity, new Set([...aside, ...refused]));
        this.#deps.onHeldBack();
        return false;
      }
      case "refused":
      case "broken":
        if (await this.#takesOthers(part)) {
          this.#take(sent, null, new Set(part.rooms.map(({ room }) => room)));
          this.#deps.onHeldBack();
        } else this.#backOff();
        return false;
      case "unavailable":
        this.#share = Math.max(this.#deps.partLimit.firstShare, this.#share / 2);
        // It is of the longer part.
        this.#alone = null;
        this.#backOff();
        return false;
      default:
        return outcome satisfies never;
    }
  }

  /** The part is in Postgres, but for these rooms, which are held back. */
  #take(
    { part, unplaced }: PartUnderWay,
    identity: string | null,
    heldBack: ReadonlySet<RoomId>,
  ): "moved" | "begun_anew" | "out_of_date" {
    const { log, held, storable, storedIn, onStored } = this.#deps;
    // Who has got a place meanwhile may have left these rows.
    if (unplaced.some((room) => storable(room) === "now")) return "out_of_date";
    this.#failures = 0;
    this.#share = Math.min(1, this.#share * 2);
    if (identity !== null && storedIn(identity)) return "begun_anew";
    // In one turn, and so in one commit with all that says how far the outbox is.
    if (part.after === log.storedThrough) {
      for (const { room, frames } of part.rooms) if (heldBack.has(room)) held.add(room, frames);
    }
    log.markStored(part);
    onStored();
    return "moved";
  }

  /** Nothing of the part was stored. Does Postgres take what others have behind it? */
  async #takesOthers(part: HostPart): Promise<boolean> {
    const { log, held, partLimit, storable, store, storedIn } = this.#deps;
    const refused = new Set(part.rooms.map(({ room }) => room));
    let after = this.#alone?.after === part.after ? this.#alone.through : part.through;
    let isAlone = true;
    let tried = 0;
    for (let looked = 0; looked < WITNESSES.lookedAt && tried < WITNESSES.tried; looked += 1) {
      const next = log.outbox(partLimit, after, this.#mayTake);
      if (next === null) return false;
      const others = next.rooms.filter(
        ({ room }) => !refused.has(room) && !held.has(room) && storable(room) === "now",
      );
      if (others.length > 0) {
        isAlone = false;
        tried += 1;
        const outcome = await store(others, log.outboxBytes - next.bytes);
        if (outcome.kind === "unavailable") return false;
        if (outcome.kind === "stored" || outcome.kind === "partly") {
          return outcome.identity === null || !storedIn(outcome.identity);
        }
        for (const { room } of others) refused.add(room);
      }
      after = next.through;
      if (isAlone) this.#alone = { after: part.after, through: after };
    }
    return false;
  }

  readonly #mayTake = (room: RoomId): boolean => this.#deps.storable(room) !== "soon";

  #backOff(): void {
    const { clock, random } = this.#deps;
    this.#rest.backOff(clock.nowMs(), fullJitterMs(this.#failures, BACKOFF, random));
    this.#failures += 1;
  }

  #roomsOf(part: HostPart, symbols: readonly SymbolName[]): Set<RoomId> {
    const named = new Set(symbols);
    return new Set(
      part.rooms.map(({ room }) => room).filter((room) => named.has(this.#deps.symbolOf(room))),
    );
  }

  get #limit(): PartLimit {
    const { events, bytes } = this.#deps.partLimit;
    return { events: events * this.#share, bytes: bytes * this.#share };
  }

  #isWorthIt(): boolean {
    return this.#deps.log.outboxBytes >= this.#limit.bytes * SMALL_SHARE;
  }

  #isSmall(part: HostPart): boolean {
    const { events, bytes } = this.#limit;
    return part.events < events * SMALL_SHARE && part.bytes < bytes * SMALL_SHARE;
  }
}
