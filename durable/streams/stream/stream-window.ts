/** What is saved of a window: messages sent, and marks of those that are not acknowledged. */
export interface SavedWindow {
  sent: number;
  marks: Mark[];
}

/** Up to and with this message, so many characters since the mark before. */
type Mark = [message: number, chars: number];

/** Marks that are saved. */
const SAVED_MARKS = 8;

/** What a stream has been sent and has not acknowledged, over all its rooms (SPEC ST-6). */
export class StreamWindow {
  readonly #limit: number;
  #marks: Mark[];
  #sent: number;
  #chars: number;

  /** `limit`: characters. */
  constructor(limit: number, { sent, marks }: SavedWindow = { sent: 0, marks: [] }) {
    this.#limit = limit;
    this.#sent = sent;
    this.#marks = [...marks];
    this.#chars = marks.reduce((sum, [, chars]) => sum + chars, 0);
  }

  /** Characters that are not acknowledged. */
  get chars(): number {
    return this.#chars;
  }

  isFull(waiting = 0): boolean {
    return this.#chars + waiting >= this.#limit;
  }

  /** A message has been sent. */
  add(chars: number): void {
    this.#sent += 1;
    this.#chars += chars;
    this.#marks.push([this.#sent, chars]);
  }

  /** So many messages have been processed. False where so many were not sent. */
  acknowledge(messages: number): boolean {
    if (messages > this.#sent) return false;
    const kept = this.#marks.findIndex(([message]) => message > messages);
    const gone = this.#marks.splice(0, kept < 0 ? this.#marks.length : kept);
    for (const [, chars] of gone) this.#chars -= chars;
    return true;
  }

  /** To within an eighth. */
  save(): SavedWindow {
    const each = Math.ceil(this.#marks.length / SAVED_MARKS);
    const marks: Mark[] = [];
    for (let at = 0; at < this.#marks.length; at += each) {
      const some = this.#marks.slice(at, at + each);
      const [last] = some.at(-1) as Mark;
      marks.push([last, some.reduce((sum, [, chars]) => sum + chars, 0)]);
    }
    return { sent: this.#sent, marks };
  }
}
