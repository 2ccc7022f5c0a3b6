/**
 * A file of the spool, as text. A line is an event (JSON, so it begins with a brace), or tells of a batch:
 *
 *     b KEY COUNT    the first COUNT events that wait are sent under KEY from here on
 *     e *            the batch is over, and none of its events waits any more
 *     e 0,3          the batch is over, these of its events wait no more, and the others wait again
 *
 * The file only grows. What a crash has torn has no end of line, or is no line of these, and is passed over.
 */
export interface Segment {
  /** Events that wait, oldest first. */
  pending: string[];
  /** What was sent and not answered: it must be sent again as it was. */
  batch: { key: string; count: number } | null;
}

/** Which events of a batch wait no more: all of them, or those at these places. */
export type Gone = "all" | readonly number[];

const BEGIN = /^b (\S+) (\d+)$/;
const END = /^e (\*|[\d,]*)$/;

export function emptySegment(): Segment {
  return { pending: [], batch: null };
}

export function eventLines(events: readonly string[]): string {
  return `${events.join("\n")}\n`;
}

export function beginLine(key: string, count: number): string {
  return `b ${key} ${count}\n`;
}

export function endLine(gone: Gone): string {
  return `e ${gone === "all" ? "*" : gone.join(",")}\n`;
}

/** Ends the batch of a segment, in place. */
export function endBatch(segment: Segment, gone: Gone): void {
  const { pending, batch } = segment;
  if (batch === null) return;
  const events = pending.splice(0, batch.count);
  segment.batch = null;
  if (gone !== "all") pending.unshift(...events.filter((_, at) => !gone.includes(at)));
}

/** What a file says. What is behind its last end of line was torn. */
export function readSegment(text: string): Segment {
  const segment = emptySegment();
  for (const line of text.split("\n").slice(0, -1)) {
    if (line.startsWith("{")) {
      if (isWhole(line)) segment.pending.push(line);
      continue;
    }
    const begin = BEGIN.exec(line);
    if (begin?.[1] !== undefined) {
      segment.batch = { key: begin[1], count: Number(begin[2]) };
      continue;
    }
    const gone = END.exec(line)?.[1];
    if (gone !== undefined) {
      endBatch(segment, gone === "*" ? "all" : gone.split(",").filter(Boolean).map(Number));
    }
  }
  if (segment.pending.length === 0) segment.batch = null;
  return segment;
}

function isWhole(line: string): boolean {
  try {
    JSON.parse(line);
    return true;
  } catch {
    return false;
  }
}
