import type { Cursor } from "../../src/protocol/time.ts";
import type { LogFrame } from "./log-row.ts";

/** A page of the oldest tier: frames of Postgres after a cursor; all frames up to `through` are in it. */
export type ArchivePage =
  | { kind: "frames"; frames: LogFrame[]; through: Cursor }
  | { kind: "unavailable" };

/** Reads frames in `(after, upTo]` from Postgres. */
export type ReadArchive = (after: Cursor, upTo: Cursor) => Promise<ArchivePage>;

/** Tries before a viewer is told of a gap, and the wait between them. */
const TRIES = 3;
const WAIT_MS = 1_000;

/** Reads a page, with some patience for a database that is away for a moment. */
export async function readPatiently(
  read: ReadArchive,
  wait: (ms: number) => Promise<void>,
  after: Cursor,
  upTo: Cursor,
): Promise<ArchivePage> {
  for (let attempt = 1; ; attempt += 1) {
    const page = await read(after, upTo);
    if (page.kind === "frames" || attempt === TRIES) return page;
    await wait(WAIT_MS);
  }
}
