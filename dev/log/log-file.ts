import { appendFileSync } from "node:fs";
import { type FileHandle, open, rename } from "node:fs/promises";
import { rotation } from "./rotation.ts";

export type LogFileSettings = {
  /** Absolute. */
  path: string;
  /** A file that would be longer is put aside, and a new one begun. */
  mostBytes: number;
  /** How many files there are, with those put aside. */
  mostFiles: number;
};

export type LogFileDeps = {
  /** Where lines go while the file takes none. */
  aside: (text: string) => void;
  nowMs: () => number;
};

/** So much is written at once at the most, and may wait to be written, in characters. */
const CHUNK_CHARS = 64_000;
const MOST_WAITING_CHARS = 8_000_000;
/** So long after a failure the file is tried again, in ms. */
const TRY_AGAIN_MS = 10_000;

/**
 * A file of lines, with those before it. Nothing waits for the disk: what comes meanwhile is kept in memory, and beyond a bound it is left
 * out and counted. While the file cannot be written, lines go aside. That is said once.
 */
export class LogFile {
  readonly #settings: LogFileSettings;
  readonly #deps: LogFileDeps;
  #waiting: string[] = [];
  #waitingChars = 0;
  #leftOut = 0;
  #handle: FileHandle | undefined;
  #bytes = 0;
  #writing: Promise<void> | undefined;
  #isBroken = false;
  /** The last line that is in the file may be half of one. */
  #isTorn = false;
  #tryAgainMs = Number.NEGATIVE_INFINITY;

  constructor(settings: LogFileSettings, deps: LogFileDeps) {
    this.#settings = settings;
    this.#deps = deps;
  }

  /** Takes a line, without its end. */
  write(line: string): void {
    if (this.#waitingChars + line.length > MOST_WAITING_CHARS) {
      this.#leftOut += 1;
      return;
    }
    this.#waiting.push(line);
    this.#waitingChars += line.length;
    this.#writing ??= this.#writeAll().finally(() => {
      this.#writing = undefined;
    });
  }

  /** Resolves once every line so far is written, or has gone aside. */
  async flush(): Promise<void> {
    await this.#writing;
  }

  /** Flushes, and lets go of the file. */
  async close(): Promise<void> {
    await this.#writing;
    await this.#close();
  }

  /** Writes what waits at once: the process ends. */
  endNow(): void {
    const text = this.#take(Number.POSITIVE_INFINITY);
    if (text === "") return;
    try {
      appendFileSync(this.#settings.path, text);
    } catch {
      this.#deps.aside(text);
    }
  }

  async #writeAll(): Promise<void> {
    // What comes in this turn is written together.
    await undefined;
    while (this.#waiting.length > 0) {
      const text = this.#take(CHUNK_CHARS);
      if (this.#deps.nowMs() < this.#tryAgainMs) {
        this.#deps.aside(text);
        continue;
      }
      try {
        if (this.#isBroken) await this.#append(this.#said("log_file_written_again", {}));
        this.#isBroken = false;
        await this.#append(text);
      } catch (error) {
        await this.#failed(error);
        this.#deps.aside(text);
      }
    }
  }

  /** The oldest lines that wait, each with its end. */
  #take(mostChars: number): string {
    let text = "";
    let lines = 0;
    if (this.#leftOut > 0) {
      const facts = { of: "log file", count: this.#leftOut };
      text += this.#said("lines_left_out", facts);
      this.#leftOut = 0;
    }
    for (const line of this.#waiting) {
      if (text.length >= mostChars) break;
      text += `${line}\n`;
      lines += 1;
      this.#waitingChars -= line.length;
    }
    this.#waiting.splice(0, lines);
    return text;
  }

  async #append(text: string): Promise<void> {
    const bytes = Buffer.from(this.#isTorn ? `\n${text}` : text);
    await this.#open();
    if (this.#bytes > 0 && this.#bytes + bytes.length > this.#settings.mostBytes) {
      await this.#rotate();
      await this.#open();
    }
    try {
      for (let at = 0; at < bytes.length; ) {
        const { bytesWritten = 0 } = (await this.#handle?.write(bytes, at)) ?? {};
        at += bytesWritten;
      }
      this.#bytes += bytes.length;
      this.#isTorn = false;
    } catch (error) {
      // What is in the file of it goes aside with the rest. A full disk takes that much.
      const cut = this.#handle?.truncate(this.#bytes) ?? Promise.resolve();
      await cut.catch(() => {
        this.#isTorn = true;
      });
      throw error;
    }
  }

  async #open(): Promise<void> {
    if (this.#handle !== undefined) return;
    this.#handle = await open(this.#settings.path, "a", 0o640);
    this.#bytes = (await this.#handle.stat()).size;
  }

  async #rotate(): Promise<void> {
    await this.#close();
    for (const { from, to } of rotation(this.#settings.path, this.#settings.mostFiles)) {
      await rename(from, to).catch((error: NodeJS.ErrnoException) => {
        // There are not so many yet.
        if (error.code !== "ENOENT") throw error;
      });
    }
  }

  async #close(): Promise<void> {
    const handle = this.#handle;
    this.#handle = undefined;
    await handle?.close();
  }

  async #failed(error: unknown): Promise<void> {
    this.#tryAgainMs = this.#deps.nowMs() + TRY_AGAIN_MS;
    await this.#close().catch(() => undefined);
    if (this.#isBroken) return;
    this.#isBroken = true;
    const help = "lines go to standard output until it can be written again";
    this.#deps.aside(this.#said("log_file_unwritable", { error: String(error), help }));
  }

  #said(event: string, facts: Record<string, unknown>): string {
    const timestamp = new Date(this.#deps.nowMs()).toISOString();
    const { path } = this.#settings;
    return `${JSON.stringify({ timestamp, level: "warning", event, service: "log", path, ...facts })}\n`;
  }
}
