import type {
  LogFrame,
  LogKeeping,
  RoomId,
  RoomPart,
} from "../../../../durable/host/log/host-log.ts";
import { packFrames } from "../../../../durable/host/log/rows/log-row.ts";
import type { EncodedFrame } from "../../../../src/core/events/encode-events.ts";
import type { Cursor, EpochUs } from "../../../../src/protocol/words/time.ts";

const DAY_US = 86_400_000_000;

interface NaiveRow {
  generation: number;
  last: Cursor;
  frames: { room: RoomId; frame: LogFrame }[];
  events: number;
  bytes: number;
}

interface NaiveKey {
  key: string;
  fingerprint: string;
  atUs: number;
  row: Cursor;
}

/** What a host's log promises, as simply as it can be said: a list of rows, all of it looked at every time. */
export class NaiveLog {
  readonly #keeping: LogKeeping;
  rows: NaiveRow[] = [];
  keys: NaiveKey[] = [];
  moves = new Map<RoomId, { through: Cursor; to: Cursor }>();
  head: Cursor;
  prunedThrough: Cursor;
  storedThrough: Cursor;
  #durableStored: Cursor;
  #generation = 1;

  constructor(nowUs: EpochUs, keeping: LogKeeping) {
    this.#keeping = keeping;
    this.head = (nowUs - 1) as Cursor;
    this.prunedThrough = this.head;
    this.storedThrough = this.head;
    this.#durableStored = this.head;
  }

  get events(): number {
    return eventsOf(this.rows);
  }

  get outboxBytes(): number {
    return bytesOf(this.rows.filter(({ last }) => last > this.storedThrough));
  }

  framesOf(room: RoomId, after: Cursor, upTo: Cursor): LogFrame[] {
    return this.rows
      .flatMap(({ frames }) => frames)
      .filter(
        ({ room: whose, frame }) => whose === room && frame.cursor > after && frame.cursor <= upTo,
      )
      .map(({ frame }) => frame);
  }

  newestOf(room: RoomId, events: number): LogFrame[] {
    const newest: LogFrame[] = [];
    let held = 0;
    for (const frame of this.framesOf(room, 0 as Cursor, this.head).toReversed()) {
      if (held >= events) break;
      newest.unshift(frame);
      held += frame.count;
    }
    return newest;
  }

  append(
    parts: readonly RoomPart[],
    requests: readonly { key: string; fingerprint: string }[],
    nowUs: EpochUs,
  ): Cursor[] {
    const byRoom = new Map<RoomId, EncodedFrame[]>();
    for (const { room, frames } of parts) {
      if (frames.length > 0) byRoom.set(room, [...(byRoom.get(room) ?? []), ...frames]);
    }
    if (byRoom.size === 0 && requests.length === 0) return parts.map(() => this.head);
    const newest = this.rows.filter(({ generation }) => generation === this.#generation);
    const { events, bytes } = this.#keeping;
    if (eventsOf(newest) >= events / 4 || bytesOf(newest) >= bytes / 4) this.#generation += 1;
    const frames: NaiveRow["frames"] = [];
    const first = Math.max(nowUs, this.head + 1);
    for (const [room, pushed] of byRoom) {
      for (const frame of packFrames(pushed)) {
        frames.push({ room, frame: { ...frame, cursor: (first + frames.length) as Cursor } });
      }
    }
    const last = (first + Math.max(1, frames.length) - 1) as Cursor;
    this.rows.push(rowOf(this.#generation, last, frames));
    this.#durableStored = this.storedThrough;
    this.head = last;
    this.#endOutbox();
    for (const request of requests) this.keys.push({ ...request, atUs: nowUs, row: last });
    return parts.map(
      ({ room }) => frames.findLast(({ room: whose }) => whose === room)?.frame.cursor ?? last,
    );
  }

  find(key: string, nowUs: EpochUs): NaiveKey | null {
    return this.keys.findLast((each) => each.key === key && each.atUs >= nowUs - DAY_US) ?? null;
  }

  cursorOf({ row }: NaiveKey, room: RoomId): Cursor {
    const kept = this.rows.find(({ last }) => last === row);
    const end = kept?.frames.findLast(({ room: whose }) => whose === room);
    if (end !== undefined) return end.frame.cursor;
    const move = this.moves.get(room);
    return move !== undefined && row <= move.through ? move.to : row;
  }

  outbox(
    limit: { events: number; bytes: number },
    after: Cursor,
    mayStore: (room: RoomId) => boolean,
  ): { frames: Map<RoomId, LogFrame[]>; through: Cursor; events: number; bytes: number } | null {
    const taken: NaiveRow[] = [];
    for (const row of this.rows.filter(({ last }) => last > after)) {
      if (!row.frames.every(({ room }) => mayStore(room))) break;
      const isOver =
        eventsOf([...taken, row]) > limit.events || bytesOf([...taken, row]) > limit.bytes;
      if (eventsOf(taken) > 0 && isOver) break;
      taken.push(row);
    }
    if (eventsOf(taken) === 0) return null;
    const frames = new Map<RoomId, LogFrame[]>();
    for (const { room, frame } of taken.flatMap((row) => row.frames)) {
      frames.set(room, [...(frames.get(room) ?? []), frame]);
    }
    const through = taken.at(-1)?.last ?? after;
    return { frames, through, events: eventsOf(taken), bytes: bytesOf(taken) };
  }

  markStored(after: Cursor, through: Cursor): void {
    if (after !== this.storedThrough) return;
    this.storedThrough = through;
    this.#endOutbox();
  }

  saveStored(): void {
    this.#durableStored = this.storedThrough;
  }

  storeAgain(): void {
    this.storedThrough = this.prunedThrough;
    this.#durableStored = this.prunedThrough;
    this.#endOutbox();
  }

  get prunable(): { through: Cursor; rooms: RoomId[] } | null {
    const oldest = this.#oldest;
    const through = oldest.at(-1)?.last;
    if (through === undefined || oldest.length === this.rows.length) return null;
    const rest = this.rows.slice(oldest.length);
    const isEnough = eventsOf(rest) >= this.#keeping.events || bytesOf(rest) >= this.#keeping.bytes;
    if (through > this.storedThrough || !isEnough) return null;
    const rooms = new Set(oldest.flatMap(({ frames }) => frames.map(({ room }) => room)));
    return { through, rooms: [...rooms].sort((a, b) => a - b) };
  }

  prune(): void {
    const oldest = this.#oldest;
    this.prunedThrough = oldest.at(-1)?.last ?? this.prunedThrough;
    this.rows = this.rows.slice(oldest.length);
  }

  moveBehind(room: RoomId, newest: Cursor, nowUs: EpochUs): void {
    const frames = this.framesOf(room, 0 as Cursor, this.head);
    this.head = Math.max(this.head, newest) as Cursor;
    this.#endOutbox();
    if ((frames[0]?.cursor ?? newest + 1) > newest) return;
    const through = this.head;
    this.rows = this.rows.map((row) =>
      rowOf(
        row.generation,
        row.last,
        row.frames.filter(({ room: whose }) => whose !== room),
      ),
    );
    const [to = through] = this.append([{ room, frames }], [], nowUs);
    this.moves.set(room, { through, to });
  }

  /** What only memory had is gone. */
  reopen(): void {
    this.storedThrough = Math.max(this.#durableStored, this.prunedThrough) as Cursor;
    this.#endOutbox();
  }

  get #oldest(): NaiveRow[] {
    const oldest = this.rows[0]?.generation;
    return this.rows.filter(({ generation }) => generation === oldest);
  }

  #endOutbox(): void {
    if (this.outboxBytes === 0) this.storedThrough = this.head;
  }
}

function rowOf(generation: number, last: Cursor, frames: NaiveRow["frames"]): NaiveRow {
  const events = frames.reduce((sum, { frame }) => sum + frame.count, 0);
  const bytes = frames.map(({ frame }) => frame.text).join("\n").length;
  return { generation, last, frames, events, bytes };
}

function eventsOf(rows: readonly NaiveRow[]): number {
  return rows.reduce((sum, { events }) => sum + events, 0);
}

function bytesOf(rows: readonly NaiveRow[]): number {
  return rows.reduce((sum, { bytes }) => sum + bytes, 0);
}
