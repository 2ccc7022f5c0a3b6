import { readTimestamp, type TimestampReading } from "../../core/time/timestamp.ts";
import type { EpochUs } from "../../protocol/words/time.ts";

/** Reads the times of a body (SPEC I-5), most of which are the one before once more. */
export class Moments {
  readonly #nowUs: EpochUs;
  readonly #unit: "ms" | "us";
  #last = Number.NaN;
  #reading: TimestampReading = { kind: "refused", message: "" };

  constructor(nowUs: EpochUs, unit: "ms" | "us") {
    this.#nowUs = nowUs;
    this.#unit = unit;
  }

  read(time: number): TimestampReading {
    if (time !== this.#last) {
      this.#last = time;
      this.#reading = readTimestamp(time, this.#nowUs, this.#unit);
    }
    return this.#reading;
  }
}
