import { Gate, type GateClock } from "../core/limits/gate.ts";
import { warningsOf } from "../core/limits/memory-warnings.ts";
import type { Database } from "../db/driver/database.ts";
import { failureOf, isDiskFull } from "../db/driver/database-error.ts";
import type { Replacement } from "../db/upkeep/database-identity.ts";
import { ping } from "../db/upkeep/ping.ts";
import { readMemory } from "../db/upkeep/read-memory.ts";
import { CURSOR_ORIGIN } from "../protocol/words/time.ts";

/** Who may not read is answered out of what the database said so long ago. In ms. */
const LOOK_EVERY_MS = 5_000;

export interface LookSources {
  db: Database;
  /** As much as it may hold; 0: any. */
  limitBytes: number;
  clock: GateClock;
  /** Whoever asks has gone. */
  gone: AbortSignal;
  /** The database has said who it is. */
  met(identity: string): Promise<void>;
  /** It is not ready. */
  failed(error: unknown): void;
}

/** What the database has said of itself. */
export interface DatabaseLook {
  isReachable: boolean;
  /** Why nothing can be stored in it; null where it can. */
  reason: string | null;
  warnings: string[];
  database: Record<string, unknown>;
  facts: Record<string, unknown>;
}

/** So many look at once, for each look opens connections; the others wait for what they find. */
const AT_ONCE = 4;
/** Whoever asks is answered within so long, in ms: probes of orchestrators and balancers give up after a few seconds. */
const PATIENCE_MS = 2_000;
/** Whoever looks and says nothing for so long holds up nobody else, in ms: once it is answered the runtime may end its look without a word. */
const LEASE_MS = PATIENCE_MS + 1_000;
const LOOK_AGAIN_MS = 25;
/** What a database has said that says nothing in that time, as one that is frozen or behind a link that is cut. */
const SILENT: DatabaseLook = {
  ...{ isReachable: false, reason: "timeout", warnings: [], database: {}, facts: {} },
};

/** Of one database: its newest look, begun at `atMs`, and who looks. */
class Looks {
  newest: { atMs: number; look: DatabaseLook } | null = null;
  readonly gate: Gate<null>;

  constructor(clock: GateClock) {
    const fits = (_: null, inside: readonly null[]) => inside.length < AT_ONCE;
    // Who is not let in looks first whether somebody has found something.
    const rules = { fits, mayWait: () => false, isInOrder: false };
    this.gate = new Gate({ ...rules, leaseMs: LEASE_MS, lookAgainMs: LOOK_AGAIN_MS }, clock);
  }
}
const looksOf = new WeakMap<Database, Looks>();

/** What it said a short while ago, where it did: its questions cost the operator. */
export function lookedAtDatabase(sources: LookSources): Promise<DatabaseLook> {
  return lookBegunAfter(sources, sources.clock.nowMs() - LOOK_EVERY_MS);
}

/** What it says now. Whoever asks meanwhile is told the same. */
export function lookAtDatabase(sources: LookSources): Promise<DatabaseLook> {
  return lookBegunAfter(sources, sources.clock.nowMs());
}

async function lookBegunAfter(sources: LookSources, afterMs: number): Promise<DatabaseLook> {
  const { db, clock } = sources;
  const looks = looksOf.get(db) ?? new Looks(clock);
  looksOf.set(db, looks);
  const found = (): DatabaseLook | null => {
    const { newest } = looks;
    // Ahead of the clock where that was turned back.
    const isGood = newest !== null && newest.atMs >= afterMs && newest.atMs <= clock.nowMs();
    return isGood ? newest.look : null;
  };
  const untilMs = clock.nowMs() + PATIENCE_MS;
  for (;;) {
    const known = found();
    if (known !== null) return known;
    const leave = await looks.gate.enter(null, 0);
    if (leave !== null) {
      const looking = look(sources, looks, leave);
      const silent = clock.wait(untilMs - clock.nowMs()).then(() => SILENT);
      return Promise.race([looking, silent]);
    }
    if (clock.nowMs() >= untilMs) return SILENT;
    await clock.wait(LOOK_AGAIN_MS);
  }
}

/** Goes on where nobody waits for it any more: what it finds is for those who ask next. */
async function look(sources: LookSources, looks: Looks, leave: () => void): Promise<DatabaseLook> {
  const { clock, gone } = sources;
  // Where the client has gone the runtime may end the request here and now, without `finally`.
  gone.addEventListener("abort", leave);
  try {
    const atMs = clock.nowMs();
    const said = await askDatabase(sources);
    looks.newest = { atMs, look: said };
    return said;
  } finally {
    gone.removeEventListener("abort", leave);
    leave();
  }
}

async function askDatabase({ db, limitBytes, met, failed }: LookSources): Promise<DatabaseLook> {
  const none = { warnings: [], database: {}, facts: {} };
  try {
    const database = await ping(db);
    if (database.migrations.length === 0) {
      const reason = "it has no tables yet: npm run migrate -- --url URL makes them";
      return { ...none, isReachable: true, reason, database: { ...database } };
    }
    const memory = await readMemory(db);
    await met(memory.identity);
    return {
      ...{ isReachable: true, reason: null },
      warnings: warningsOf(database, memory, limitBytes),
      database: { ...database, limit_bytes: limitBytes },
      facts: {
        memory: {
          rolled_through: memory.rolledThroughUs,
          raw_from: memory.rawFromUs,
          minutes_from: memory.minutesFromUs,
          stale_hours: memory.staleHours,
          set_aside: memory.setAside,
        },
        ...(memory.replacement !== null && { replaced: replacedOf(memory.replacement) }),
      },
    };
  } catch (error) {
    const failure = failureOf(error);
    if (failure === null) throw error;
    failed(error);
    const why = failure.kind === "unavailable" ? failure.why : failure.kind;
    return { ...none, isReachable: false, reason: isDiskFull(error) ? "disk_full" : why };
  }
}

/** `lost`: the range of cursors, and so of moments, in which something was in the other database alone. */
function replacedOf({ sinceUs, rooms, lostTo }: Replacement) {
  const lost = lostTo === null ? null : { from: CURSOR_ORIGIN, to: lostTo };
  return { since: sinceUs, rooms, lost };
}
