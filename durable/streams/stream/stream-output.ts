import { type SavedWindow, StreamWindow } from "./stream-window.ts";

export interface StreamOutputDeps {
  windowChars: number;
  /** Puts a message on the socket; false where that is no more. */
  send(text: string): boolean;
  /** There is something to send. */
  mustFlush(): void;
  /** What is written down of the window is not true any more. */
  changed(): void;
}

/** Messages are joined up to about so many characters. */
const JOINED_CHARS = 60 * 1024;

/** What a stream is told and has not been sent yet, and the window of what it was sent. */
export class StreamOutput {
  readonly #deps: StreamOutputDeps;
  readonly #window: StreamWindow;
  #parts: string[] = [];
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

  /** A message in its text. */
  put(text: string): void {
    this.#parts.push(text);
    this.#chars += text.length;
    this.#deps.mustFlush();
  }

  /** What waits will not be sent. */
  drop(): void {
    this.#parts = [];
    this.#chars = 0;
  }

  /** Sends what has gathered, as few messages. */
  flush(): void {
    const parts = this.#parts;
    this.drop();
    for (let from = 0; from < parts.length; ) {
      let to = from;
      let chars = 0;
      while (to < parts.length && (to === from || chars < JOINED_CHARS)) {
        chars += (parts[to] as string).length;
        to += 1;
      }
      const text =
        to === from + 1 ? (parts[from] as string) : `[${parts.slice(from, to).join(",")}]`;
      this.#window.add(text.length);
      if (!this.#deps.send(text)) return;
      from = to;
    }
    if (parts.length > 0) this.#deps.changed();
  }
}
