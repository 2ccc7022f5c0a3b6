import { randomBytes } from "node:crypto";
import { mkdirSync, rmSync } from "node:fs";
import { appendFile, readdir, rename, stat } from "node:fs/promises";
import type { Server } from "node:net";
import { homedir } from "node:os";
import { join } from "node:path";
import type { Refused } from "../refused.ts";
import { isAlive, showLife, socketPath } from "./liveness.ts";
import { SegmentFile } from "./segment-file.ts";

/** ROUTE.STAMP.COUNT.MAKER.OWNER.spool: by name in the order they were made. */
const NAME = /^([a-z_]+)\.(\d{16}\.\d{6}\.[0-9a-f]{8})\.([0-9a-f]{8})\.spool$/;
const SOCKET = /^([0-9a-f]{8})\.sock$/;
/** Most bytes of the file of what was refused. */
const MOST_REFUSED_BYTES = 64 * 1_024 * 1_024;

/** A file that was another process's, and is ours now. */
export interface Inherited {
  route: string;
  file: SegmentFile;
}

/**
 * A folder that the processes of one holder of a token share. Each file has one owner, who sends it. What a dead process left is
 * taken over by who gives it its own name first.
 */
export class Spool {
  readonly folder: string;
  readonly mostBytes: number;
  /** Bytes that this process's files have. */
  bytes = 0;
  readonly #id = randomBytes(4).toString("hex");
  readonly #life: Server;
  #made = 0;

  /** @throws where the folder cannot be made, or takes no sockets. */
  constructor(folder: string, mostBytes: number) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    this.folder = folder;
    this.mostBytes = mostBytes;
    this.#life = showLife(folder, this.#id);
  }

  /** A file that is not there yet. */
  newFile(route: string): SegmentFile {
    this.#made += 1;
    const stamp = `${String(Date.now()).padStart(16, "0")}.${String(this.#made).padStart(6, "0")}`;
    return new SegmentFile(join(this.folder, `${route}.${stamp}.${this.#id}.${this.#id}.spool`));
  }

  /** Takes over what dead processes left of `routes`, the oldest first. */
  async inherit(routes: ReadonlySet<string>): Promise<Inherited[]> {
    const names = (await readdir(this.folder)).sort();
    const lives = new Map<string, boolean>([[this.#id, true]]);
    const inherited: Inherited[] = [];
    for (const name of names) {
      const [, route, made, owner] = NAME.exec(name) ?? [];
      if (route === undefined || owner === undefined || !routes.has(route)) continue;
      if (!lives.has(owner)) lives.set(owner, await isAlive(this.folder, owner));
      if (lives.get(owner)) continue;
      const path = join(this.folder, `${route}.${made}.${this.#id}.spool`);
      try {
        await rename(join(this.folder, name), path);
      } catch (error) {
        // Another was first.
        if ((error as NodeJS.ErrnoException).code === "ENOENT") continue;
        throw error;
      }
      inherited.push({ route, file: new SegmentFile(path) });
    }
    for (const name of names) {
      const owner = SOCKET.exec(name)?.[1];
      if (owner === undefined || lives.get(owner) === true) continue;
      if (!(await isAlive(this.folder, owner)))
        rmSync(socketPath(this.folder, owner), { force: true });
    }
    return inherited;
  }

  /** Keeps what was refused, a line each, in `refused.ndjson`. */
  async keepRefused(refused: readonly Refused[]): Promise<void> {
    const path = join(this.folder, "refused.ndjson");
    const size = await stat(path).then(
      (found) => found.size,
      () => 0,
    );
    if (size > MOST_REFUSED_BYTES) return;
    const at = new Date().toISOString();
    const lines = refused.map((each) => `${JSON.stringify({ at, ...each })}\n`);
    await appendFile(path, lines.join(""), { mode: 0o600 });
  }

  /** From here on others may take over what is left. */
  close(): void {
    this.#life.close();
  }
}

/** Where spools are unless somebody says otherwise. */
export function defaultFolder(): string {
  const state = process.env["XDG_STATE_HOME"] || join(homedir(), ".local", "state");
  return join(state, "edgetape");
}
