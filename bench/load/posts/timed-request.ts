/**
 * A request that is built once and whose times alone are overwritten before each send: the same work for the server, and none for the
 * generator. Each point's time is later than that of any send before, so that no two sends have the same point.
 */
export class TimedRequest {
  readonly points: number;
  #bytes: Buffer;
  #places: readonly number[];
  #write: (bytes: Buffer, place: number, us: number) => void;
  #unitUs: number;
  #last = 0;

  /** `places`: where in `bytes` the times stand; `write` sets one of them, in units of `unitUs` microseconds. */
  constructor(
    bytes: Buffer,
    places: readonly number[],
    write: (bytes: Buffer, place: number, time: number) => void,
    unitUs: number,
  ) {
    this.points = places.length;
    this.#bytes = bytes;
    this.#places = places;
    this.#write = write;
    this.#unitUs = unitUs;
  }

  /** `tsUs`: about the moment of all points. */
  fill(tsUs: number, _value: number): Buffer {
    this.#last = Math.max(Math.floor(tsUs / this.#unitUs), this.#last + 1);
    for (const place of this.#places) this.#write(this.#bytes, place, this.#last);
    return this.#bytes;
  }
}
