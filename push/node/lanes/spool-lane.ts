import { BATCH_EVENTS, type Batch, batchSize, type RefusedPlaces } from "../core/batch.ts";
import {
  beginLine,
  emptySegment,
  endBatch,
  endLine,
  eventLines,
  type Gone,
  type Segment,
} from "../core/segment.ts";
import type { SegmentFile } from "../spool/segment-file.ts";
import type { Lane } from "./lane.ts";

/** A file that is so long gets no further events, and one that is so long goes once all of it is sent. */
const FULL_BYTES = 4_000_000;
const REMOVED_FROM_BYTES = 64_000;
/** Between two tries to write to a disk that takes nothing, in ms. */
const LONGEST_WRITE_PAUSE_MS = 1_000;

export interface SpoolLaneDeps {
  newKey: () => string;
  newFile: () => SegmentFile;
  /** Most events that wait for the disk. */
  mostWaiting: number;
  /** Whether there is room for so many bytes more. */
  hasRoom: (bytes: number) => boolean;
  /** Told of bytes that came to the files, or went. */
  grew: (bytes: number) => void;
  /** Told when something is on disk that was not. */
  onWritten: () => void;
  /** Told of a disk that takes nothing, and with null that it takes again. */
  onDisk: (failure: Error | null) => void;
}

/** One file: how many of its events wait, and its content where it is the one that is sent. */
interface Part {
  file: SegmentFile;
  count: number;
  loaded: Segment | null;
}

/** Waits on disk: a row of files, of which the first is sent and the last is written. */
export class SpoolLane implements Lane {
  readonly #deps: SpoolLaneDeps;
  #parts: Part[] = [];
  /** The part that is written; undefined where the next events begin a new one. */
  #tail: Part | undefined;
  #unwritten: string[] = [];
  #isWriting = false;
  #writeFailures = 0;
  #retry: NodeJS.Timeout | undefined;
  /** Work on the files, one after the other. */
  #work: Promise<unknown> = Promise.resolve();
  sent = 0;
  dropped = 0;
  handed = 0;
  gone = 0;
  written = 0;

  constructor(deps: SpoolLaneDeps) {
    this.#deps = deps;
  }

  get waiting(): number {
    return this.handed - this.written;
  }

  get ready(): number {
    return this.spooled;
  }

  get spooled(): number {
    return this.#parts.reduce((sum, { count }) => sum + count, 0);
  }

  put(text: string): void {
    // The disk takes nothing, or too slowly. What waits is older, and goes first.
    if (this.waiting >= this.#deps.mostWaiting || !this.#deps.hasRoom(text.length)) {
      this.dropped += 1;
      return;
    }
    this.handed += 1;
    this.#unwritten.push(text);
  }

  /** Goes on with a file that a process before this one left. */
  inherit(file: SegmentFile): Promise<void> {
    return this.#serial(async () => {
      const { pending } = await file.read();
      this.#deps.grew(file.bytes);
      // Behind what is here, and before what comes.
      this.#tail = undefined;
      this.#parts.push({ file, count: pending.length, loaded: null });
      this.handed += pending.length;
      this.written += pending.length;
    });
  }

  /** Writes what waits, as fast as the disk is. Resolves when all of it is there, or the disk takes nothing. */
  async write(): Promise<void> {
    if (this.#isWriting) return;
    this.#isWriting = true;
    try {
      while (this.#unwritten.length > 0) await this.#serial(() => this.#writeSome());
      if (this.#writeFailures > 0) this.#deps.onDisk(null);
      this.#writeFailures = 0;
    } catch (error) {
      this.#writeFailures += 1;
      if (this.#writeFailures === 1) this.#deps.onDisk(error as Error);
      const pauseMs = Math.min(LONGEST_WRITE_PAUSE_MS, 50 * this.#writeFailures);
      clearTimeout(this.#retry);
      this.#retry = setTimeout(() => void this.write(), pauseMs).unref();
    } finally {
      this.#isWriting = false;
    }
  }

  take(mostEvents: number): Promise<Batch | null> {
    return this.#serial(async () => {
      for (let first = this.#parts[0]; first !== undefined; first = this.#parts[0]) {
        first.loaded ??= await first.file.read();
        const { pending, batch } = first.loaded;
        if (batch !== null) return { key: batch.key, events: pending.slice(0, batch.count) };
        if (pending.length > 0) {
          const count = batchSize(pending, mostEvents);
          const key = this.#deps.newKey();
          // On disk before it is sent: who comes after a crash must send the same under the same key.
          await this.#append(first, beginLine(key, count));
          first.loaded.batch = { key, count };
          return { key, events: pending.slice(0, count) };
        }
        if (!(await this.#removeSent(first))) return null;
      }
      return null;
    });
  }

  settle(batch: Batch, setAside: RefusedPlaces): Promise<void> {
    this.sent += batch.events.length - setAside.size;
    return this.#end("all", batch.events.length);
  }

  putBack(_batch: Batch, setAside: RefusedPlaces): Promise<void> {
    return this.#end([...setAside.keys()], setAside.size);
  }

  /** Lets go of the files. What waits in them is for who comes next. */
  async close(): Promise<void> {
    clearTimeout(this.#retry);
    await this.#serial(async () => {
      for (const part of [...this.#parts]) {
        if (part.count === 0) await part.file.remove();
        else await part.file.close();
      }
    });
  }

  /** The process ends this instant: what waits goes to disk without it. */
  writeNow(): void {
    if (this.waiting === 0) return;
    const file = this.#tail?.file ?? this.#deps.newFile();
    file.appendNow(this.#unwritten.length > 0 ? eventLines(this.#unwritten) : "");
  }

  async #writeSome(): Promise<void> {
    const texts = this.#unwritten.splice(0, BATCH_EVENTS);
    try {
      if (this.#tail === undefined) {
        const part = { file: this.#deps.newFile(), count: 0 };
        this.#tail = { ...part, loaded: this.#parts.length === 0 ? emptySegment() : null };
        this.#parts.push(this.#tail);
      }
      await this.#append(this.#tail, eventLines(texts));
    } catch (error) {
      this.#unwritten = [...texts, ...this.#unwritten];
      throw error;
    }
    this.#tail.count += texts.length;
    this.#tail.loaded?.pending.push(...texts);
    this.written += texts.length;
    if (this.#tail.file.bytes >= FULL_BYTES) this.#tail = undefined;
    this.#deps.onWritten();
  }

  #end(gone: Gone, count: number): Promise<void> {
    return this.#serial(async () => {
      const [first] = this.#parts;
      if (first?.loaded == null) return;
      endBatch(first.loaded, gone);
      first.count -= count;
      this.gone += count;
      if (await this.#removeSent(first)) return;
      const before = first.file.bytes;
      await first.file.note(endLine(gone));
      this.#deps.grew(first.file.bytes - before);
    });
  }

  /** Removes a part of which nothing waits, unless it is short and being written. */
  async #removeSent(part: Part): Promise<boolean> {
    if (part.count > 0) return false;
    if (part === this.#tail && part.file.bytes < REMOVED_FROM_BYTES) return false;
    if (part === this.#tail) this.#tail = undefined;
    this.#parts = this.#parts.filter((each) => each !== part);
    this.#deps.grew(-part.file.bytes);
    await part.file.remove();
    return true;
  }

  async #append(part: Part, lines: string): Promise<void> {
    const before = part.file.bytes;
    await part.file.append(lines);
    this.#deps.grew(part.file.bytes - before);
  }

  #serial<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#work.then(work);
    this.#work = done.catch(() => undefined);
    return done;
  }
}
