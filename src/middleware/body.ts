/** A request's body as text, or why it was not read. */
export type BodyReading =
  | { kind: "text"; text: string }
  | { kind: "too_large"; limitBytes: number; unzipped: boolean }
  | { kind: "not_utf8" }
  | { kind: "broken_gzip" }
  | { kind: "unknown_encoding"; encoding: string };

export interface BodyLimits {
  rawBytes: number;
  unzippedBytes: number;
}

/**
 * Reads a body of text, gzip or plain, and stops at the limits: the raw one while it arrives, the other while it is
 * unzipped, so that a zip bomb costs no more than a body of that size. A limit of 0 is no limit.
 */
export async function readBody(request: Request, limits: BodyLimits): Promise<BodyReading> {
  const encoding = (request.headers.get("content-encoding") ?? "identity").trim().toLowerCase();
  const tooLarge = { kind: "too_large", limitBytes: limits.rawBytes, unzipped: false } as const;
  if (overLimit(Number(request.headers.get("content-length") ?? 0), limits.rawBytes))
    return tooLarge;
  switch (encoding) {
    case "identity":
    case "": {
      const bytes = await readRaw(request, limits.rawBytes);
      return bytes === null ? tooLarge : decode(bytes);
    }
    case "gzip":
    case "x-gzip": {
      const bytes = await readRaw(request, limits.rawBytes);
      return bytes === null ? tooLarge : unzip(bytes, limits.unzippedBytes);
    }
    default:
      return { kind: "unknown_encoding", encoding };
  }
}

/** A body of stated length is read in one go, which is much cheaper; any other is counted while it arrives. */
async function readRaw(request: Request, limitBytes: number): Promise<Uint8Array | null> {
  if (request.headers.has("content-length")) return new Uint8Array(await request.arrayBuffer());
  return collect(request.body, limitBytes);
}

async function unzip(bytes: Uint8Array, limitBytes: number): Promise<BodyReading> {
  try {
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    const unzipped = await collect(stream, limitBytes);
    if (unzipped === null) return { kind: "too_large", limitBytes, unzipped: true };
    return decode(unzipped);
  } catch {
    return { kind: "broken_gzip" };
  }
}

const DECODER = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false });

function decode(bytes: Uint8Array): BodyReading {
  try {
    return { kind: "text", text: DECODER.decode(bytes) };
  } catch {
    return { kind: "not_utf8" };
  }
}

/** All bytes of the stream, or null as soon as they are more than the limit. */
async function collect(
  stream: ReadableStream<Uint8Array> | null,
  limitBytes: number,
): Promise<Uint8Array | null> {
  if (stream === null) return new Uint8Array();
  const chunks: Uint8Array[] = [];
  let size = 0;
  const reader = stream.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.byteLength;
    if (overLimit(size, limitBytes)) {
      await reader.cancel();
      return null;
    }
    chunks.push(value);
  }
  const [only] = chunks;
  if (chunks.length === 1 && only !== undefined) return only;
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.byteLength;
  }
  return bytes;
}

function overLimit(size: number, limitBytes: number): boolean {
  return limitBytes > 0 && size > limitBytes;
}
