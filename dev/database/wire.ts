import type { TextValue } from "./backend.ts";

/**
 * The `Bind` message of the wire protocol: `statement` with text parameters, all results as text
 * (https://www.postgresql.org/docs/current/protocol-message-formats.html). PGlite has a serializer of its own, which
 * counts the bytes of a text one by one; parameters here are columns of thousands of rows.
 */
export function bindMessage(statement: string, params: readonly TextValue[]): Buffer {
  const lengths = params.map((value) => (value === null ? -1 : Buffer.byteLength(value)));
  const valueBytes = lengths.reduce((sum, length) => sum + 4 + Math.max(length, 0), 0);
  const nameBytes = Buffer.byteLength(statement);
  // Portal (unnamed), statement, no parameter formats (= text), the values, no result formats (= text).
  const total = 1 + 4 + 1 + nameBytes + 1 + 2 + 2 + valueBytes + 2;
  const message = Buffer.allocUnsafe(total);
  let at = message.writeUInt8(BIND, 0);
  at = message.writeInt32BE(total - 1, at);
  at = message.writeUInt8(0, at);
  at += message.write(statement, at);
  at = message.writeUInt8(0, at);
  at = message.writeInt16BE(0, at);
  at = message.writeUInt16BE(params.length, at);
  for (const [index, value] of params.entries()) {
    at = message.writeInt32BE(lengths[index] as number, at);
    if (value !== null) at += message.write(value, at);
  }
  message.writeInt16BE(0, at);
  return message;
}

const BIND = "B".charCodeAt(0);
