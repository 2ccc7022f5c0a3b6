import { constants, fdatasyncSync, ftruncateSync, openSync, writeSync } from "node:fs";
import { type FileHandle, open, readFile, unlink } from "node:fs/promises";
import { dirname } from "node:path";
import { readSegment, type Segment } from "../core/segment.ts";

/** Created where it is not there; what is in it stays. */
const FLAGS = constants.O_RDWR | constants.O_CREAT;

/**
 * A file of the spool. One call at a time, but for `appendNow`. It is written at its own end, which moves on only with what is
 * surely there: what failed is written over.
 */
export class SegmentFile {
  path: string;
  /** How long it is, in bytes. */
  bytes = 0;
  #handle: FileHandle | undefined;
  #isTorn = false;
  /** Lines that are to go before the next ones: they could not be written when they came. */
  #owed = "";
  #inFlight = "";

  constructor(path: string) {
    this.path = path;
  }

  /** Reads it from the disk, for whoever goes on with it. */
  async read(): Promise<Segment> {
    const text = await readFile(this.path, "utf8");
    this.bytes = Buffer.byteLength(text.slice(0, text.lastIndexOf("\n") + 1));
    this.#isTorn = true;
    return readSegment(text);
  }

  /** Resolves when the lines are on disk, whatever happens to the machine. Rejects where they are not in the file. */
  append(lines: string): Promise<void> {
    return this.#write(lines, true);
  }

  /** Writes what is of use and not needed: with the next lines, where it cannot be now. */
  async note(line: string): Promise<void> {
    try {
      await this.#write(line, false);
    } catch {
      this.#owed += line;
    }
  }

  /** Writes at once, behind what was being written: the process ends. */
  appendNow(lines: string): void {
    const bytes = Buffer.from(this.#inFlight + lines);
    if (bytes.length === 0) return;
    const descriptor = this.#handle?.fd ?? openSync(this.path, FLAGS, 0o600);
    if (this.#inFlight === "" && this.#isTorn) ftruncateSync(descriptor, this.bytes);
    for (let at = 0; at < bytes.length; ) {
      at += writeSync(descriptor, bytes, at, bytes.length - at, this.bytes + at);
    }
    fdatasyncSync(descriptor);
  }

  async close(): Promise<void> {
    await this.#handle?.close();
    this.#handle = undefined;
  }

  async remove(): Promise<void> {
    await this.close();
    await unlink(this.path);
  }

  async #write(lines: string, isSynced: boolean): Promise<void> {
    const text = this.#owed + lines;
    const bytes = Buffer.from(text);
    this.#inFlight = text;
    try {
      const handle = await this.#opened();
      if (this.#isTorn) await handle.truncate(this.bytes);
      this.#isTorn = true;
      for (let at = 0; at < bytes.length; ) {
        const { bytesWritten } = await handle.write(bytes, at, bytes.length - at, this.bytes + at);
        at += bytesWritten;
      }
      if (isSynced) await handle.datasync();
      this.#isTorn = false;
      this.bytes += bytes.length;
      this.#owed = "";
    } finally {
      this.#inFlight = "";
    }
  }

  async #opened(): Promise<FileHandle> {
    if (this.#handle !== undefined) return this.#handle;
    this.#handle = await open(this.path, FLAGS, 0o600);
    if (this.bytes === 0) await syncFolder(dirname(this.path));
    return this.#handle;
  }
}

/** A new name in a folder outlives the power with this alone. */
async function syncFolder(path: string): Promise<void> {
  // Windows opens no folders, and needs none of this.
  if (process.platform === "win32") return;
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
