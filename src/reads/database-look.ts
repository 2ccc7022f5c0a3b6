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
  nowMs(): number;
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

const looks = new WeakMap<Database, { atMs: number; look: DatabaseLook }>();

/** What it said a short while ago, where it did: its questions cost the operator. */
export async function lookedAtDatabase(sources: LookSources): Promise<DatabaseLook> {
  const last = looks.get(sources.db);
  const sinceMs = sources.nowMs() - (last?.atMs ?? Number.NEGATIVE_INFINITY);
  // Less than nothing where the clock was turned back.
  if (last !== undefined && sinceMs >= 0 && sinceMs < LOOK_EVERY_MS) return last.look;
  return lookAtDatabase(sources);
}

/** What it says now. */
export async function lookAtDatabase(sources: LookSources): Promise<DatabaseLook> {
  const look = await askDatabase(sources);
  looks.set(sources.db, { atMs: sources.nowMs(), look });
  return look;
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
