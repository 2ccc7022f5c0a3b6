import { type SavedWindow, StreamWindow } from "./stream-window.ts";

export interface StreamOutputDeps {
  windowChars: number;
  /** Puts a message on the socket; false where that is no more. */
  send(message: string | ArrayBuffer): boolean;
  /** There is something to send. */
  mustFlush(): void;
  /** What is written down of the window is not true any more. */
  changed(): void;
}

/** Messages are joined up to about so many characters. */
const JOINED_CHARS = 60 * 1024;

/** A message of so many characters that is being packed, for as many streams as are told it: `bytes` is null until it is. */
export interface Packed {
  chars: number;
  bytes: ArrayBuffer | null;
}

type Part = string | Packed;

/** What a stream is told and has not been sent yet, and the window of what it was sent. */
export class StreamOutput {
  readonly #deps: StreamOutputDeps;
  readonly #window: StreamWindow;
  #parts: Part[] = [];
  #chars = 0;

  /** `saved`: of the stream as it slept. */
  constructor(deps: StreamOutputDeps, saved?: SavedWindow) {
    this.#deps = deps;
    this.#window = new StreamWindow(deps.windowChars, saved);
  }

  /** It has been sent as much as it may before it acknowledges something. */
  get isFull(): boolean {
    return this.#window.isFull(this.#chars);
  }

  /** So many messages have been processed. False where so many were not sent. */
  acknowledge(messages: number): boolean {
    return this.#window.acknowledge(messages);
  }

  save(): SavedWindow {
    return this.#window.save();
  }

  /** A message in its text, or one that is being packed: what is put behind that waits for it, and whoever packs it says when it is. */
  put(part: Part): void {
    this.#parts.push(part);
    this.#chars += charsOf(part);
    if (typeof part === "string") this.#deps.mustFlush();
  }

  /** What waits will not be sent. */
  drop(): void {
    this.#parts = [];
    this.#chars = 0;
  }

  /** Sends what has gathered, as few messages, up to one that is not packed yet. */
  flush(): void {
    const parts = this.#parts;
    const unpacked = parts.findIndex((part) => typeof part !== "string" && part.bytes === null);
    const ready = unpacked === -1 ? parts.length : unpacked;
    this.drop();
    this.#parts = parts.slice(ready);
    for (const part of this.#parts) this.#chars += charsOf(part);
    for (let from = 0; from < ready; ) {
      const [message, to] = messageAt(parts, from, ready);
      this.#window.add(typeof message === "string" ? message.length : message.byteLength);
      if (!this.#deps.send(message)) return;
      from = to;
    }
    if (ready > 0) this.#deps.changed();
  }
}

/** The message that begins with a part, and the index after its last one; all parts before `end` are ready. */
function messageAt(
  parts: readonly Part[],
  from: number,
  end: number,
): [message: string | ArrayBuffer, to: number] {
  const texts: string[] = [];
  let chars = 0;
  let to = from;
  for (; to < end && (to === from || chars < JOINED_CHARS); to += 1) {
    const part = parts[to] as Part;
    if (typeof part !== "string") {
      if (to === from) return [part.bytes as ArrayBuffer, to + 1];
      break;
    }
    texts.push(part);
    chars += part.length;
  }
  return [texts.length === 1 ? (texts[0] as string) : `[${texts.join(",")}]`, to];
}

function charsOf(part: Part): number {
  return typeof part === "string" ? part.length : part.chars;
}
