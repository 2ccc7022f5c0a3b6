/** What one UTF-16 unit of text becomes in JSON at most (`\u0001`). */
export const BYTES_PER_UNIT = 6;

/** Neon takes 10 MiB a request. */
const MAX_REQUEST_BYTES = 8 * 1024 * 1024;

/** The parts in as few requests as their sizes allow, in their order. */
export function* byRequest<T extends { bytes: number }>(parts: readonly T[]): Generator<T[]> {
  let request: T[] = [];
  let bytes = 0;
  for (const part of parts) {
    if (request.length > 0 && bytes + part.bytes > MAX_REQUEST_BYTES) {
      yield request;
      request = [];
      bytes = 0;
    }
    request.push(part);
    bytes += part.bytes;
  }
  if (request.length > 0) yield request;
}
