import { overLimit, readAll, Tally } from "./tally.ts";

/** A request's body as it came, or why it was not read. */
export type RawReading =
  | { kind: "bytes"; bytes: Uint8Array }
  | { kind: "too_large"; limitBytes: number; unzipped: false }
  /** It did not come to its end, or its chunks are none. */
  | { kind: "cut_short" };

/** A body as it comes, up to a limit. @throws what is no fault of the client's. */
export async function readRaw(request: Request, limitBytes: number): Promise<RawReading> {
  try {
    const bytes = await collectRaw(request, limitBytes);
    if (bytes === null) return { kind: "too_large", limitBytes, unzipped: false };
    return { kind: "bytes", bytes };
  } catch (error) {
    if (isConnectionLost(error)) return { kind: "cut_short" };
    throw error;
  }
}

/**
 * Did the client not send the body to its end, or chunks that are none? The runtime says both as the loss of the connection, with the mark
 * that an object has which began anew. What else may fail has no such mark: a body that was read before, memory that is not there.
 */
function isConnectionLost(error: unknown): boolean {
  return (error as { retryable?: unknown } | null)?.retryable === true;
}

/**
 * A body of stated length is read in one go, which is much cheaper; any other is counted while it arrives. Null where it is beyond
 * the limit.
 */
async function collectRaw(request: Request, limitBytes: number): Promise<Uint8Array | null> {
  const length = request.headers.get("content-length");
  if (overLimit(Number(length ?? 0), limitBytes)) {
    await discard(request.body);
    return null;
  }
  if (length !== null) return new Uint8Array(await request.arrayBuffer());
  return collect(request.body, limitBytes);
}

/** Whoever sends more than this beyond the limit does not deserve the answer. */
const MOST_DISCARDED_BYTES = 32 * 1024 * 1024;

/** All bytes of the stream, or null as soon as they are more than the limit. */
async function collect(
  stream: ReadableStream<Uint8Array> | null,
  limitBytes: number,
): Promise<Uint8Array | null> {
  const tally = new Tally(limitBytes);
  if (stream !== null) await readAll(stream, tally);
  if (tally.isOver) await discard(stream);
  return tally.isOver ? null : tally.bytes();
}

/**
 * Reads the rest of a body that is refused: many clients look for an answer only when they have sent everything, and a
 * connection that is closed before gives them a broken pipe instead of the reason.
 */
async function discard(stream: ReadableStream<Uint8Array> | null): Promise<void> {
  if (stream === null) return;
  const reader = stream.getReader();
  for (let size = 0; size < MOST_DISCARDED_BYTES; ) {
    const { done, value } = await reader.read();
    if (done) return;
    size += value.byteLength;
  }
  await reader.cancel();
}
