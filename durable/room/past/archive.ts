import type { Cursor } from "../../../src/protocol/words/time.ts";
import type { LogFrame } from "../../host/log/host-log.ts";

/** A page of the oldest tier: frames of Postgres after a cursor; all frames up to `through` are in it. */
export interface FramesPage {
  kind: "frames";
  frames: LogFrame[];
  through: Cursor;
  /** The newest cursor of what is kept no more of the room; absent where all of it is. */
  expiredThrough?: Cursor;
}
export type ArchivePage = FramesPage | { kind: "unavailable" };

/** Reads frames in `(after, upTo]` from Postgres. */
export type ReadArchive = (after: Cursor, upTo: Cursor) => Promise<ArchivePage>;

/**
 * How a read of Postgres ended. `busy`: it took too long, but Postgres answers otherwise. `away`: it does not answer, or
 * refuses what it was asked. `broken`: what it answered met a bug, as it would again.
 */
export type ArchiveAnswer = FramesPage | { kind: "busy" } | { kind: "away" } | { kind: "broken" };

/** Tries of a Postgres that is away before a viewer is told of a gap, and the wait between any two. */
const TRIES = 3;
/** One that takes so long to say nothing hangs, and is not tried again: no restart takes longer. In ms. */
const PATIENCE_MS = 10_000;
/** The same of one that is busy: after some ten minutes of nothing but timeouts it counts as one that cannot be read. */
const BUSY_TRIES = 60;
const WAIT_MS = 1_000;

export interface PatientReads {
  read: (after: Cursor, upTo: Cursor) => Promise<ArchiveAnswer>;
  wait: (ms: number) => Promise<void>;
  nowMs: () => number;
  /** Postgres says nothing, whatever it is asked. */
  foundHanging: () => void;
}

/** Reads a page: with some patience for a database that is away for a moment, and with much for one that is busy. */
export async function readPatiently(
  { read, wait, nowMs, foundHanging }: PatientReads,
  after: Cursor,
  upTo: Cursor,
): Promise<ArchivePage> {
  const tries = { away: 0, busy: 0 };
  const beganMs = nowMs();
  for (;;) {
    const answer = await read(after, upTo);
    if (answer.kind === "frames") return answer;
    if (answer.kind === "broken") return { kind: "unavailable" };
    tries[answer.kind] += 1;
    const hangs = answer.kind === "away" && nowMs() - beganMs >= PATIENCE_MS;
    if (hangs) foundHanging();
    if (hangs || tries.away === TRIES || tries.busy === BUSY_TRIES) return { kind: "unavailable" };
    await wait(WAIT_MS);
  }
}
