import { type StreamMessage, streamTextSchema } from "../../src/protocol/streams/server-message.ts";
import { ask } from "./edgetape.ts";
import { TestViewer } from "./test-viewer.ts";

type MessageOf<Type extends StreamMessage["type"]> = Extract<StreamMessage, { type: Type }>;

/** A stream over a real socket. What it is sent waits, message by message, until it is asked for. */
export class TestStream {
  readonly viewer: TestViewer;
  /** Texts that it was sent. */
  received = 0;
  readonly #waiting: StreamMessage[] = [];

  constructor(viewer: TestViewer) {
    this.viewer = viewer;
  }

  static async open(query: Record<string, string> = {}, token?: string): Promise<TestStream> {
    return new TestStream(TestViewer.over(await openStream(query, token)));
  }

  say(message: object): void {
    this.viewer.send(JSON.stringify(message));
  }

  /** Everything that it was sent, as far as somebody has waited for it. */
  readonly all: StreamMessage[] = [];

  /** The next message that nobody has found. */
  async next(): Promise<StreamMessage> {
    if (this.#waiting.length === 0) await this.#receive();
    return this.#waiting.shift() as StreamMessage;
  }

  /** The next message of this type, of this symbol where one is named; others wait, for rooms speak when they like. */
  async find<Type extends StreamMessage["type"]>(
    type: Type,
    symbol?: string,
  ): Promise<MessageOf<Type>> {
    for (;;) {
      const at = this.#waiting.findIndex((message) => {
        const isOf = symbol === undefined || ("symbol" in message && message.symbol === symbol);
        return message.type === type && isOf;
      });
      if (at >= 0) return this.#waiting.splice(at, 1)[0] as MessageOf<Type>;
      await this.#receive();
    }
  }

  async #receive(): Promise<void> {
    const said = streamTextSchema.parse(JSON.parse(await this.viewer.nextText()));
    this.received += 1;
    const messages = Array.isArray(said) ? said : [said];
    this.all.push(...messages);
    this.#waiting.push(...messages);
  }

  /** Values of the points of a room that it is sent, until there are `count` of them, and the cursor they go up to. */
  async points(symbol: string, count: number): Promise<{ values: number[]; cursor: number }> {
    const values: number[] = [];
    let cursor = 0;
    while (values.length < count) {
      const message = await this.find("events", symbol);
      cursor = message.cursor;
      for (const event of message.events) if (event.kind === "metric") values.push(event.value);
    }
    return { values, cursor };
  }
}

export function openStream(query: Record<string, string>, token?: string): Promise<Response> {
  const headers: Record<string, string> = { upgrade: "websocket" };
  if (token !== undefined) headers["authorization"] = `Bearer ${token}`;
  const path = `/ws?${new URLSearchParams(query)}`;
  return ask(path, { headers }, token === undefined ? "read" : undefined);
}
