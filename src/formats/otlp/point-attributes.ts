import { MAX_LABELS } from "../../protocol/events/event.ts";
import { type SeriesKey, Words } from "../wire/known-series.ts";
import type { ProtobufReader } from "../wire/protobuf-reader.ts";
import { readAttributeAt } from "./attributes.ts";
import type { Attribute } from "./data-points.ts";

/** No series of remote write begins so. */
const FIRST_BYTE = 1;
/** Behind that byte and an id of four. */
const BEGIN = 5;
const MOST_KEY_BYTES = 4_096;

/** The attributes of a data point of protobuf: as the bytes that say them, and read where their series is not known by those. */
export class PointAttributes {
  readonly #words = new Words(new Uint8Array(MOST_KEY_BYTES));
  #length = 0;
  readonly #places: number[] = [];

  /** `id`: of what all points of the metric share; 0: there is no key. */
  begin(id: number): void {
    this.#words.bytes[0] = FIRST_BYTE;
    this.#words.view.setUint32(1, id);
    this.#length = id === 0 ? 0 : BEGIN;
    this.#places.length = 0;
  }

  /** Takes the `KeyValue` that is this field. */
  add(reader: ProtobufReader): void {
    const places = this.#places;
    // With one too many it is refused, and the others need not be made.
    if (places.length / 2 > MAX_LABELS + 1) {
      reader.skip();
      return;
    }
    reader.wordPlace(places);
    const [start, length] = places.slice(-2) as [number, number];
    const to = this.#length;
    if (to === 0 || length > 0xff || to + 1 + length > MOST_KEY_BYTES) {
      this.#length = 0;
      return;
    }
    const own = this.#words.bytes;
    const { bytes } = reader.whole;
    own[to] = length;
    for (let at = 0; at < length; at += 1) own[to + 1 + at] = bytes[start + at] as number;
    this.#length = to + 1 + length;
  }

  /** Null where they are too long for one. */
  get key(): SeriesKey | null {
    return this.#length === 0 ? null : { words: this.#words, length: this.#length };
  }

  read(reader: ProtobufReader): Attribute[] {
    const attributes: Attribute[] = [];
    for (let at = 0; at < this.#places.length; at += 2) {
      const [start, length] = [this.#places[at] as number, this.#places[at + 1] as number];
      attributes.push(readAttributeAt(reader, start, length));
    }
    return attributes;
  }
}
