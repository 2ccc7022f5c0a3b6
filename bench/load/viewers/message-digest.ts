/** What a viewer of the bench learns from one `events` message. */
export type MessageDigest = {
  cursor: number;
  /** The `value` of each event: a stamp of the monotonic clock, or a serial number, as the scenario has it. */
  values: Float64Array;
  /** The values without repetition: the events of one post carry one stamp. */
  distinct: Float64Array;
};

const CURSOR_MARK = Buffer.from('"cursor":');
const EVENTS_MARK = Buffer.from('{"type":"events"');
const VALUE_MARK = Buffer.from('"value":');
const KEPT_DIGESTS = 4_096;

/**
 * Reads `events` messages. All viewers of a room receive the same bytes, so a message is searched once and known again
 * by its cursor and length: that keeps 1,000 viewers in one process cheap.
 */
export class MessageReader {
  #known = new Map<number, { length: number; digest: MessageDigest }>();

  /** Undefined: some other message. */
  read(buffer: Buffer, start: number, end: number): MessageDigest | undefined {
    if (!startsWith(buffer, start, end, EVENTS_MARK)) return undefined;
    const at = buffer.indexOf(CURSOR_MARK, start);
    const cursor = numberAt(buffer, at + CURSOR_MARK.length, end);
    const length = end - start;
    const known = this.#known.get(cursor);
    // Joined frames can end at the same cursor with other events before it: then the length differs.
    if (known?.length === length) return known.digest;
    const values = valuesIn(buffer, at, end);
    const digest = { cursor, values, distinct: Float64Array.from(new Set(values)) };
    if (this.#known.size >= KEPT_DIGESTS) this.#known.clear();
    this.#known.set(cursor, { length, digest });
    return digest;
  }
}

export function startsWith(buffer: Buffer, start: number, end: number, mark: Buffer): boolean {
  return (
    end - start >= mark.length &&
    buffer.compare(mark, 0, mark.length, start, start + mark.length) === 0
  );
}

/** The number whose digits begin at `start`; reads integers and plain decimals. */
export function numberAt(buffer: Buffer, start: number, end: number): number {
  let value = 0;
  let scale = 0;
  for (let at = start; at < end; at += 1) {
    const byte = buffer[at] ?? 0;
    if (byte === 46) {
      scale = 1;
    } else if (byte >= 48 && byte <= 57) {
      value = value * 10 + (byte - 48);
      scale *= 10;
    } else {
      break;
    }
  }
  return scale > 1 ? value / scale : value;
}

function valuesIn(buffer: Buffer, start: number, end: number): Float64Array {
  const values: number[] = [];
  for (
    let at = buffer.indexOf(VALUE_MARK, start);
    at !== -1 && at < end;
    at = buffer.indexOf(VALUE_MARK, at + VALUE_MARK.length)
  ) {
    values.push(numberAt(buffer, at + VALUE_MARK.length, end));
  }
  return Float64Array.from(values);
}
