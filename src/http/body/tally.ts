/** Bytes gathered up to a limit; 0 is no limit. */
export class Tally {
  readonly #limitBytes: number;
  readonly #chunks: Uint8Array[] = [];
  #size = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  get size(): number {
    return this.#size;
  }

  get isOver(): boolean {
    return overLimit(this.#size, this.#limitBytes);
  }

  add(chunk: Uint8Array): void {
    this.#size += chunk.byteLength;
    this.#chunks.push(chunk);
  }

  bytes(): Uint8Array {
    const [only] = this.#chunks;
    if (this.#chunks.length === 1 && only !== undefined) return only;
    const bytes = new Uint8Array(this.#size);
    let at = 0;
    for (const chunk of this.#chunks) {
      bytes.set(chunk, at);
      at += chunk.byteLength;
    }
    return bytes;
  }
}

/** A limit of 0 is none. */
export function overLimit(size: number, limitBytes: number): boolean {
  return limitBytes > 0 && size > limitBytes;
}

/** Reads until the stream ends or the tally is over its limit. */
export async function readAll(stream: ReadableStream<Uint8Array>, tally: Tally): Promise<void> {
  const reader = stream.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    tally.add(value);
    if (tally.isOver) return reader.releaseLock();
  }
}
