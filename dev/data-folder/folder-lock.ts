import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import * as z from "zod";
import {
  endProcess,
  identityOf,
  isAlive,
  type ProcessIdentity,
} from "../process/process-identity.ts";

const identitySchema = z.object({ pid: z.int().positive(), startedAt: z.string() });
const recordSchema = z.object({
  supervisor: identitySchema,
  /** Who started it, and whose end ends it. */
  npm: identitySchema.optional(),
  children: z.array(identitySchema),
  url: z.string().optional(),
  /** Of the tokens it takes. */
  signer: z.string().optional(),
  stopping: z.boolean().optional(),
});
type LockRecord = z.infer<typeof recordSchema>;

export type LockAnswer =
  | { kind: "taken"; lock: FolderLock; orphansEnded: number }
  /** Another product runs on the folder. */
  | { kind: "busy"; pid: number; url: string | undefined };

/** How long an orphan may take to end by itself before it is killed, in ms. Its storage survives either way. */
const ORPHAN_GRACE_MS = 5_000;

/**
 * Takes `dataDir` for this process: two products on one folder would corrupt the embedded database. The lock of a
 * dead process is taken over, and what that process left running is ended first.
 *
 * @param npm the process whose end ends this one, if there is one: a start that comes then waits.
 */
export async function takeFolder(dataDir: string, npm?: ProcessIdentity): Promise<LockAnswer> {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const path = join(dataDir, "lock.json");
  const supervisor = identityOf(process.pid);
  if (supervisor === undefined)
    throw new Error("this process cannot see itself: no /proc and no ps?");
  const lock = new FolderLock(path, { supervisor, npm, children: [] });
  let orphansEnded = 0;
  while (!lock.create()) {
    const found = readRecord(path);
    if (found === "absent") continue;
    if (found !== "torn") {
      if (isAlive(found.supervisor)) {
        // npm does not wait for the program it has passed a signal on to, so a restart by script arrives early.
        const isEnding = found.npm !== undefined && !isAlive(found.npm);
        if (found.stopping !== true && !isEnding)
          return { kind: "busy", pid: found.supervisor.pid, url: found.url };
        await sleep(20);
        continue;
      }
      for (const orphan of found.children.filter(isAlive)) {
        await endProcess(orphan, ORPHAN_GRACE_MS);
        orphansEnded += 1;
      }
    }
    removeStale(path, found);
  }
  return { kind: "taken", lock, orphansEnded };
}

/** A data folder held by this process. */
export class FolderLock {
  readonly #path: string;
  #record: LockRecord;

  constructor(path: string, record: LockRecord) {
    this.#path = path;
    this.#record = record;
  }

  /** Writes the lock where there is none; false where one stands. */
  create(): boolean {
    const draft = this.#writeDraft();
    try {
      linkSync(draft, this.#path);
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
      throw error;
    } finally {
      rmSync(draft, { force: true });
    }
  }

  /** Remembers what a successor must end should this process die without a word. */
  recordChildren(pids: readonly number[]): void {
    const children = pids.map(identityOf).filter((child) => child !== undefined);
    this.#record = { ...this.#record, children };
    this.#rewrite();
  }

  /** Remembers where the product answers and whose tokens it takes, for commands in other terminals. */
  recordReady(ready: { url: string; signer: string }): void {
    this.#record = { ...this.#record, ...ready };
    this.#rewrite();
  }

  /** Tells a start that comes now to wait for the folder. */
  recordStopping(): void {
    this.#record = { ...this.#record, stopping: true };
    this.#rewrite();
  }

  release(): void {
    rmSync(this.#path, { force: true });
  }

  #rewrite(): void {
    renameSync(this.#writeDraft(), this.#path);
  }

  #writeDraft(): string {
    const draft = `${this.#path}.${process.pid}`;
    writeFileSync(draft, `${JSON.stringify(this.#record)}\n`, { mode: 0o600 });
    return draft;
  }
}

/** A product that runs. */
export interface RunningHere {
  supervisor: ProcessIdentity;
  /** This and the next from when it answers on. */
  url: string | undefined;
  signer: string | undefined;
}

/** The product that runs on `dataDir`, if one does. */
export function runningOn(dataDir: string): RunningHere | undefined {
  const found = readRecord(join(dataDir, "lock.json"));
  if (found === "absent" || found === "torn" || !isAlive(found.supervisor)) return undefined;
  return { supervisor: found.supervisor, url: found.url, signer: found.signer };
}

function readRecord(path: string): LockRecord | "absent" | "torn" {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "absent";
    throw error;
  }
  try {
    return recordSchema.parse(JSON.parse(text));
  } catch {
    // Written whole and linked, so only a machine that lost power leaves this.
    return "torn";
  }
}

/** Removes the stale lock that was read as `seen`, and puts it back where another start has replaced it since. */
function removeStale(path: string, seen: LockRecord | "torn"): void {
  const aside = `${path}.stale.${process.pid}`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
    throw error;
  }
  const moved = readRecord(aside);
  if (JSON.stringify(moved) !== JSON.stringify(seen)) {
    try {
      linkSync(aside, path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
  }
  rmSync(aside, { force: true });
}
