import { type Interned, Interner } from "./interned.ts";
import { Words } from "./known-series.ts";
import { WireFault } from "./wire-fault.ts";
import { decodeWord, type Word } from "./words.ts";

/*
 * Ours and no library: `protobufjs` makes its readers from strings of code, which Workers do not run, and its other one, as all
 * libraries do, an object for each message. This walks the bytes and makes nothing but the texts.
 */

/** https://protobuf.dev/programming-guides/encoding/#structure; 3 and 4, groups, are long gone. */
const [VARINT, FIXED64, BYTES, FIXED32] = [0, 1, 2, 5];
/** A label. */
export interface Pair {
  readonly name: Word;
  readonly value: Word;
}

/** Fields, and numbers of packed fields, that are read in one turn: some ms. */
export const TURN_FIELDS = 16_384;
/** And in one message that is read without a turn between, such as a label, a sample or a data point: all it may say has fewer. */
export const MOST_FIELDS = 16 * TURN_FIELDS;

const NO_WORD: Word = { text: "", isName: false };
const TWO_TO_32 = 0x1_0000_0000;

/**
 * Walks a protobuf message, and those in it, field by field:
 *
 *     while (reader.next()) {
 *       if (reader.field === 1) value = reader.double();
 *       else if (reader.field === 2) {
 *         const outer = reader.enter();
 *         while (reader.next()) ...
 *         reader.leave(outer);
 *       }
 *       else reader.skip();
 *     }
 *
 * Every field is read or skipped. No read goes beyond the message that it is in. All methods throw WireFault where the bytes are no
 * such message.
 */
export class ProtobufReader {
  /** Of the field at hand. */
  field = 0;
  /** The body. */
  readonly whole: Words;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #words: Interner<Word>;
  readonly #pairs: Interner<Pair>;
  #wire = 0;
  #at = 0;
  #end: number;
  /** Since the turn began. */
  #fields = 0;
  /** Of the number read last, as two halves without a sign. */
  #low = 0;
  #high = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.whole = new Words(bytes);
    this.#view = this.whole.view;
    this.#words = new Interner(bytes, (start, length) =>
      decodeWord(bytes.subarray(start, start + length)),
    );
    this.#pairs = new Interner(bytes, (start, length) => this.#readPair(start, length));
    this.#end = bytes.length;
  }

  /** Is there another field of this message? */
  next(): boolean {
    if (this.#at >= this.#end) return false;
    this.#varint();
    this.#wire = this.#low & 7;
    this.field = this.#low >>> 3;
    if (this.field === 0 || this.#high !== 0) throw new WireFault("a field has no number");
    this.#fields += 1;
    if (this.#fields > MOST_FIELDS) {
      throw new WireFault("a message in it has more fields than any that is known");
    }
    return true;
  }

  /** Has so much been read that others come first? Another turn begins then. */
  isTurnOver(): boolean {
    if (this.#fields < TURN_FIELDS) return false;
    this.#fields = 0;
    return true;
  }

  skip(): void {
    switch (this.#wire) {
      case VARINT:
        this.#varint();
        break;
      case FIXED64:
        this.#pass(8);
        break;
      case BYTES:
        this.#pass(this.#length());
        break;
      case FIXED32:
        this.#pass(4);
        break;
      default:
        throw new WireFault(`it has a field of the wire type ${this.#wire}`);
    }
  }

  /** Goes into the message that is this field; give what it returns to `leave`. */
  enter(): number {
    this.#expect(BYTES);
    const length = this.#length();
    const outer = this.#end;
    this.#end = this.#at + length;
    return outer;
  }

  /** Goes into a message that a place was kept of; give what it returns to `goBack`. */
  enterAt(start: number, length: number): { at: number; end: number } {
    const back = { at: this.#at, end: this.#end };
    this.#at = start;
    this.#end = start + length;
    return back;
  }

  goBack({ at, end }: { at: number; end: number }): void {
    this.#at = at;
    this.#end = end;
  }

  /** Goes on behind the message. */
  leave(outer: number): void {
    this.#at = this.#end;
    this.#end = outer;
  }

  /** Where the next field begins, to come back to: fields come in any order, and some have to be known first. */
  get place(): number {
    return this.#at;
  }

  /** Goes back to a place in the message at hand. */
  goTo(place: number): void {
    this.#at = place;
  }

  /**
   * Passes fields of texts or messages as long as they have this number, which is below 16, without looking into them. Stops before
   * what is cut short, before one of 16 KiB, and behind so many bytes.
   */
  passRun(field: number, most: number): void {
    const bytes = this.#bytes;
    const tag = (field << 3) | BYTES;
    const last = this.#at + most;
    while (this.#at + 2 < this.#end && this.#at < last && bytes[this.#at] === tag) {
      let start = this.#at + 2;
      let length = bytes[start - 1] as number;
      if (length >= 0x80) {
        const high = bytes[start] as number;
        if (high >= 0x80) return;
        length = (length & 0x7f) | (high << 7);
        start += 1;
      }
      if (length > this.#end - start) return;
      this.#at = start + length;
    }
  }

  word(): Word {
    this.#expect(BYTES);
    const length = this.#length();
    const start = this.#at;
    this.#at += length;
    return this.#words.at(start, length).made;
  }

  /**
   * The message that is this field, of a name and a value, its fields 1 and 2. `guess`: the pair that it may well be: labels stand in
   * one order in all series.
   */
  pair(guess?: Interned<Pair>): Interned<Pair> {
    this.#expect(BYTES);
    const length = this.#length();
    const start = this.#at;
    const pair = this.#pairs.at(start, length, guess);
    this.#at = start + length;
    return pair;
  }

  #readPair(start: number, length: number): Pair {
    const outer = this.#end;
    this.#at = start;
    this.#end = start + length;
    let name = NO_WORD;
    let value = NO_WORD;
    while (this.next()) {
      if (this.field === 1) name = this.word();
      else if (this.field === 2) value = this.word();
      else this.skip();
    }
    this.#end = outer;
    return { name, value };
  }

  /** Where a text begins and how long it is, for `wordAt`. */
  wordPlace(into: number[]): void {
    this.#expect(BYTES);
    const length = this.#length();
    into.push(this.#at, length);
    this.#at += length;
  }

  wordAt(start: number, length: number): Word {
    return this.#words.at(start, length).made;
  }

  bytes(): Uint8Array {
    this.#expect(BYTES);
    const length = this.#length();
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  double(): number {
    this.#expect(FIXED64);
    return this.#double();
  }

  /** Had the double read last these 64 bits? Of NaNs there are many. */
  hasBits(high: number, low: number): boolean {
    return this.#high === high && this.#low === low;
  }

  bool(): boolean {
    return this.uint64() !== 0;
  }

  /** Beyond 2^53 the nearest double. */
  uint64(): number {
    this.#expect(VARINT);
    return this.#uint64();
  }

  /** Beyond 2^53 either way the nearest double. */
  int64(): number {
    this.#expect(VARINT);
    this.#varint();
    return this.#signed();
  }

  /** The number where a double holds it and its neighbours, else its digits as text. */
  exactInt64(): number | string {
    const near = this.int64();
    if (Number.isSafeInteger(near)) return near;
    return String(BigInt.asIntN(64, (BigInt(this.#high) << 32n) | BigInt(this.#low)));
  }

  /** Numbers near zero either way are short. */
  sint64(): number {
    this.#expect(VARINT);
    return this.#sint64();
  }

  fixed64(): number {
    this.#expect(FIXED64);
    return this.#fixed64();
  }

  sfixed64(): number {
    this.fixed64();
    return this.#signed();
  }

  /** A moment of nanoseconds since the epoch in whole microseconds: all digits of it do not fit a double. */
  microseconds(): number {
    this.fixed64();
    const rest = this.#high % 1_000;
    return (
      ((this.#high - rest) / 1_000) * TWO_TO_32 + Math.floor((rest * TWO_TO_32 + this.#low) / 1_000)
    );
  }

  doubles(into: number[], most: number): void {
    this.#repeated(FIXED64, into, most, () => this.#double());
  }

  fixed64s(into: number[], most: number): void {
    this.#repeated(FIXED64, into, most, () => this.#fixed64());
  }

  uint64s(into: number[], most: number): void {
    this.#repeated(VARINT, into, most, () => this.#uint64());
  }

  sint64s(into: number[], most: number): void {
    this.#repeated(VARINT, into, most, () => this.#sint64());
  }

  /** Packed, as proto3 writes them, or one by one, as a reader has to take them too. One more than `most` says that there are. */
  #repeated(wire: number, into: number[], most: number, read: () => number): void {
    if (this.#wire !== BYTES) {
      this.#expect(wire);
      const value = read();
      if (into.length <= most) into.push(value);
      return;
    }
    const outer = this.enter();
    const before = into.length;
    while (this.#at < this.#end && into.length <= most) into.push(read());
    this.#fields += into.length - before;
    this.leave(outer);
  }

  #double(): number {
    const at = this.#at;
    this.#fixed64();
    return this.#view.getFloat64(at, true);
  }

  #fixed64(): number {
    const at = this.#at;
    this.#pass(8);
    this.#low = this.#view.getUint32(at, true);
    this.#high = this.#view.getUint32(at + 4, true);
    return this.#high * TWO_TO_32 + this.#low;
  }

  #uint64(): number {
    this.#varint();
    return this.#high * TWO_TO_32 + this.#low;
  }

  #sint64(): number {
    this.#varint();
    const whole = this.#high * TWO_TO_32 + this.#low;
    return (this.#low & 1) === 0 ? whole / 2 : -(whole + 1) / 2;
  }

  #signed(): number {
    return (this.#high | 0) * TWO_TO_32 + this.#low;
  }

  #varint(): void {
    let byte = this.#byte();
    if (byte < 0x80) {
      this.#low = byte;
      this.#high = 0;
      return;
    }
    let low = byte & 0x7f;
    let high = 0;
    for (let shift = 7; shift < 70; shift += 7) {
      byte = this.#byte();
      const part = byte & 0x7f;
      if (shift < 28) low |= part << shift;
      else if (shift === 28) {
        low |= part << 28;
        high = part >>> 4;
      } else high |= part << (shift - 32);
      if (byte < 0x80) {
        this.#low = low >>> 0;
        this.#high = high >>> 0;
        return;
      }
    }
    throw new WireFault("a number in it has more than ten bytes");
  }

  #byte(): number {
    if (this.#at >= this.#end) throw cutShort();
    return this.#bytes[this.#at++] as number;
  }

  #length(): number {
    this.#varint();
    if (this.#high !== 0 || this.#low > this.#end - this.#at) throw cutShort();
    return this.#low;
  }

  #pass(bytes: number): void {
    if (bytes > this.#end - this.#at) throw cutShort();
    this.#at += bytes;
  }

  #expect(wire: number): void {
    if (this.#wire === wire) return;
    throw new WireFault(
      `its field ${this.field} has the wire type ${this.#wire} instead of ${wire}`,
    );
  }
}

function cutShort(): WireFault {
  return new WireFault("it ends in the middle");
}
