import type { SymbolName } from "../../protocol/words/symbol.ts";
import type { EncodedFrame, SymbolBatch } from "./encode-events.ts";

/**
 * What a request brings for the rooms of one host, in columns: a call between objects takes 2 us for each small object that it
 * carries, and a batch over 100 symbols has 400.
 */
export interface PackedRooms {
  symbols: readonly SymbolName[];
  /** Frames of each symbol, in order; absent where each has one. */
  frames?: readonly number[];
  texts: readonly string[];
  /** Events of each frame. */
  counts: readonly number[];
  series: readonly number[];
  /** Series of each symbol, in order; absent where each has one. */
  seriesEach?: readonly number[];
  /** Of the symbols that have any of it, by place. */
  more?: readonly (Pick<SymbolBatch, "tradeKeys" | "bookTs"> & { at: number })[];
}

export function packRooms(rooms: readonly SymbolBatch[]): PackedRooms {
  const symbols: SymbolName[] = [];
  const frames: number[] = [];
  const texts: string[] = [];
  const counts: number[] = [];
  const series: number[] = [];
  const seriesEach: number[] = [];
  const more: NonNullable<PackedRooms["more"]>[number][] = [];
  for (const room of rooms) {
    const { tradeKeys, bookTs } = room;
    if (tradeKeys !== undefined || bookTs !== undefined) {
      more.push({
        at: symbols.length,
        ...(tradeKeys !== undefined && { tradeKeys }),
        ...(bookTs !== undefined && { bookTs }),
      });
    }
    symbols.push(room.symbol);
    frames.push(room.frames.length);
    for (const { text, count } of room.frames) {
      texts.push(text);
      counts.push(count);
    }
    seriesEach.push(room.series?.length ?? 0);
    if (room.series !== undefined) for (const hash of room.series) series.push(hash);
  }
  return {
    ...{ symbols, texts, counts, series },
    ...(!frames.every(isOne) && { frames }),
    ...(!seriesEach.every(isOne) && { seriesEach }),
    ...(more.length > 0 && { more }),
  };
}

/** What `packRooms` was given. */
export function unpackRooms(packed: PackedRooms): SymbolBatch[] {
  const { symbols, frames, texts, counts, series, seriesEach, more = [] } = packed;
  let frame = 0;
  let hash = 0;
  const rooms = symbols.map((symbol, at): SymbolBatch => {
    const own: EncodedFrame[] = [];
    for (const end = frame + (frames?.[at] ?? 1); frame < end; frame += 1) {
      own.push({ text: texts[frame] as string, count: counts[frame] as number });
    }
    const hashes = seriesEach?.[at] ?? 1;
    hash += hashes;
    const room: SymbolBatch = { symbol, frames: own };
    if (hashes > 0) room.series = series.slice(hash - hashes, hash);
    return room;
  });
  for (const { at, ...rest } of more) Object.assign(rooms[at] as SymbolBatch, rest);
  return rooms;
}

function isOne(count: number): boolean {
  return count === 1;
}
