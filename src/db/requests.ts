import type { Statement } from "./database.ts";

/** A statement and an upper bound of its bytes on the wire. */
export interface SizedStatement extends Statement {
  bytes: number;
}

/** Neon takes 10 MiB a request. */
const MAX_REQUEST_BYTES = 8 * 1024 * 1024;

/** The statements in as few requests as their sizes allow, in their order. */
export function* byRequest(statements: readonly SizedStatement[]): Generator<SizedStatement[]> {
  let request: SizedStatement[] = [];
  let bytes = 0;
  for (const statement of statements) {
    if (request.length > 0 && bytes + statement.bytes > MAX_REQUEST_BYTES) {
      yield request;
      request = [];
      bytes = 0;
    }
    request.push(statement);
    bytes += statement.bytes;
  }
  if (request.length > 0) yield request;
}
