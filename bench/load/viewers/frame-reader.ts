/** Told the payload of each whole text frame; `buffer` is only valid during the call. */
export type OnFrame = (buffer: Buffer, start: number, end: number, opcode: number) => void;

/**
 * Cuts a server's bytes into WebSocket frames (RFC 6455 5.2) without copying, but for a frame that straddles two reads.
 * Server frames carry no mask, and this runtime sends no fragments.
 */
export class FrameReader {
  #carry: Buffer | undefined;

  feed(chunk: Buffer, length: number, onFrame: OnFrame): void {
    let buffer = chunk;
    let end = length;
    if (this.#carry !== undefined) {
      buffer = Buffer.concat([this.#carry, chunk.subarray(0, length)]);
      end = buffer.length;
      this.#carry = undefined;
    }
    let at = 0;
    while (at < end) {
      const header = headerAt(buffer, at, end);
      if (header === undefined || header.payload + header.length > end) break;
      onFrame(buffer, header.payload, header.payload + header.length, header.opcode);
      at = header.payload + header.length;
    }
    if (at < end) this.#carry = Buffer.from(buffer.subarray(at, end));
  }
}

function headerAt(buffer: Buffer, at: number, end: number) {
  if (end - at < 2) return undefined;
  const opcode = (buffer[at] ?? 0) & 0x0f;
  const short = (buffer[at + 1] ?? 0) & 0x7f;
  if (short < 126) return { opcode, length: short, payload: at + 2 };
  if (short === 126) {
    return end - at < 4
      ? undefined
      : { opcode, length: buffer.readUInt16BE(at + 2), payload: at + 4 };
  }
  return end - at < 10
    ? undefined
    : { opcode, length: Number(buffer.readBigUInt64BE(at + 2)), payload: at + 10 };
}

/** A client's text frame. The mask is zero, which is a valid one and leaves the payload as it is. */
export function clientTextFrame(text: string): Buffer {
  const payload = Buffer.from(text);
  if (payload.length > 125) throw new Error("only short messages are sent by the bench");
  return Buffer.concat([Buffer.from([0x81, 0x80 | payload.length, 0, 0, 0, 0]), payload]);
}
