import type { HostPart, LogFrame, RoomId } from "../../../../durable/host/log/host-log.ts";
import type { OutboxLog, PartLimit } from "../../../../durable/host/outbox/outbox-log.ts";
import type { Cursor } from "../../../../src/protocol/words/time.ts";

interface Row {
  parts: { room: RoomId; frames: LogFrame[] }[];
  last: Cursor;
  bytes: number;
}

/** Texts of one room in a commit, each a frame of one event. */
export type CommitPart = readonly [room: number, ...texts: string[]];

/** The outbox's side of a host's log, in memory. It outlives a crash, which forgets what of the position was not saved. */
export class FakeHostLog implements OutboxLog {
  prunedThrough = 0 as Cursor;
  storedThrough = 0 as Cursor;
  #savedStored = 0 as Cursor;
  #rows: Row[] = [];
  #next = 1;

  get head(): Cursor {
    return (this.#next - 1) as Cursor;
  }

  get outboxBytes(): number {
    return this.#after(this.storedThrough).reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** One commit. Gives its last cursor. */
  append(...parts: CommitPart[]): Cursor {
    const row: Row = { parts: [], last: this.head, bytes: 0 };
    for (const [room, ...texts] of parts) {
      const frames = texts.map((text) => {
        const cursor = this.#next as Cursor;
        this.#next += 1;
        row.bytes += text.length;
        return { cursor, text, count: 1 };
      });
      row.parts.push({ room: room as RoomId, frames });
    }
    row.last = this.head;
    this.#rows.push(row);
    this.#savedStored = this.storedThrough;
    return row.last;
  }

  outbox(limit: PartLimit, after: Cursor, mayStore: (room: RoomId) => boolean): HostPart | null {
    const part: HostPart = { rooms: [], after, through: after, events: 0, bytes: 0 };
    for (const { parts, last, bytes } of this.#after(after)) {
      const events = parts.reduce((sum, { frames }) => sum + frames.length, 0);
      if (
        part.events > 0 &&
        (part.events + events > limit.events || part.bytes + bytes > limit.bytes)
      ) {
        break;
      }
      if (!parts.every(({ room }) => mayStore(room))) break;
      for (const { room, frames } of parts) {
        const known = part.rooms.find((one) => one.room === room);
        if (known === undefined) part.rooms.push({ room, frames: [...frames] });
        else known.frames.push(...frames);
      }
      part.through = last;
      part.events += events;
      part.bytes += bytes;
    }
    return part.events === 0 ? null : part;
  }

  markStored(part: HostPart): void {
    if (part.after === this.storedThrough) this.storedThrough = part.through;
  }

  storeAgain(): void {
    this.storedThrough = this.prunedThrough;
    this.#savedStored = this.prunedThrough;
  }

  /** Drops what is stored. */
  prune(): void {
    this.prunedThrough = this.storedThrough;
    this.#rows = this.#after(this.prunedThrough);
  }

  /** Frames of a room leave their rows and come behind all others. Their new cursors. */
  move(room: number): Cursor[] {
    const texts: string[] = [];
    for (const row of this.#rows) {
      for (const { frames } of row.parts.filter((part) => part.room === room)) {
        texts.push(...frames.map(({ text }) => text));
      }
      row.parts = row.parts.filter((part) => part.room !== room);
    }
    const last = this.append([room, ...texts]);
    return texts.map((_, at) => (last - texts.length + 1 + at) as Cursor);
  }

  crash(): void {
    this.storedThrough = Math.max(this.#savedStored, this.prunedThrough) as Cursor;
  }

  #after(cursor: Cursor): Row[] {
    return this.#rows.filter(({ last }) => last > cursor);
  }
}
