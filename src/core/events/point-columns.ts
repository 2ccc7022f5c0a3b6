import { MAX_FRAME_EVENTS } from "../../protocol/events/frame.ts";
import type { SymbolName } from "../../protocol/words/symbol.ts";
import type { EpochUs } from "../../protocol/words/time.ts";
import {
  type EncodedFrame,
  FRAME_CHARS,
  SYMBOLS_A_TURN,
  type SymbolBatch,
} from "./encode-events.ts";
import type { Series } from "./series.ts";

/** Up to so many hashes a list is quicker than a set. */
const FEW = 16;

/**
 * Points of a request, in the order they came, without an object for each: a column of series, of times and of values. Their frames are
 * those that `encodeEvents` makes of the same points as events, in half of the time.
 */
export class PointColumns {
  readonly #series: Series[] = [];
  readonly #tsUs: EpochUs[] = [];
  readonly #values: number[] = [];
  #lastUs: EpochUs | null = null;
  #begin = "";

  get count(): number {
    return this.#series.length;
  }

  add(series: Series, tsUs: EpochUs, value: number): void {
    this.#series.push(series);
    this.#tsUs.push(tsUs);
    this.#values.push(value);
  }

  /** Adds a point of others. */
  addOf(others: PointColumns, at: number): void {
    this.#series.push(others.#series[at] as Series);
    this.#tsUs.push(others.#tsUs[at] as EpochUs);
    this.#values.push(others.#values[at] as number);
  }

  /** Takes out what was added last, down to so many. */
  cutTo(count: number): void {
    this.#series.length = count;
    this.#tsUs.length = count;
    this.#values.length = count;
  }

  seriesAt(at: number): Series {
    return this.#series[at] as Series;
  }

  pointAt(at: number): { tsUs: EpochUs; value: number } {
    return { tsUs: this.#tsUs[at] as EpochUs, value: this.#values[at] as number };
  }

  /** By symbol, as frames; with a pause after each slice of many symbols, so that others get their turn. */
  async encode(pause: () => Promise<void>): Promise<SymbolBatch[]> {
    const batches: SymbolBatch[] = [];
    for (const [symbol, places] of this.#bySymbol()) {
      if (batches.length > 0 && batches.length % SYMBOLS_A_TURN === 0) await pause();
      batches.push(this.#encodeSymbol(symbol, places));
    }
    return batches;
  }

  #bySymbol(): Map<SymbolName, number[]> {
    const bySymbol = new Map<SymbolName, number[]>();
    for (let at = 0; at < this.#series.length; at += 1) {
      const { symbol } = this.seriesAt(at);
      const places = bySymbol.get(symbol);
      if (places === undefined) bySymbol.set(symbol, [at]);
      else places.push(at);
    }
    return bySymbol;
  }

  #encodeSymbol(symbol: SymbolName, places: readonly number[]): SymbolBatch {
    const frames: EncodedFrame[] = [];
    for (let from = 0; from < places.length; from += MAX_FRAME_EVENTS) {
      this.#encode(places, from, Math.min(from + MAX_FRAME_EVENTS, places.length), frames);
    }
    return { symbol, frames, series: this.#hashesOf(places) };
  }

  /** Each once. */
  #hashesOf(places: readonly number[]): number[] {
    const hashes: number[] = [];
    for (const at of places) {
      const { hash } = this.seriesAt(at).texts;
      if (hashes.length >= FEW)
        return [...new Set(places.map((one) => this.seriesAt(one).texts.hash))];
      if (!hashes.includes(hash)) hashes.push(hash);
    }
    return hashes;
  }

  #encode(places: readonly number[], from: number, to: number, into: EncodedFrame[]): void {
    let text = "";
    for (let place = from; place < to; place += 1) {
      const at = places[place] as number;
      const { head, tail } = this.seriesAt(at).texts;
      const begin = this.#beginOf(this.#tsUs[at] as EpochUs);
      text = `${place === from ? begin : `${text},${begin}`}${head}${this.#values[at]}${tail}`;
    }
    if (text.length <= FRAME_CHARS || to - from === 1) {
      into.push({ text, count: to - from });
      return;
    }
    const half = from + ((to - from) >> 1);
    this.#encode(places, from, half, into);
    this.#encode(places, half, to, into);
  }

  /** Of the text of a point; most have the moment of the one before. */
  #beginOf(tsUs: EpochUs): string {
    if (tsUs !== this.#lastUs) {
      this.#lastUs = tsUs;
      this.#begin = `{"kind":"metric","ts":${tsUs}`;
    }
    return this.#begin;
  }
}
