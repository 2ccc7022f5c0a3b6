import type { CloseReason } from "../../src/protocol/socket/close-codes.ts";
import { CLOSE_CODES } from "../../src/protocol/socket/close-codes.ts";
import {
  type ServerMessage,
  serverMessageSchema,
} from "../../src/protocol/socket/server-message.ts";
import type { LogId } from "../../src/protocol/words/log-id.ts";
import type { Cursor } from "../../src/protocol/words/time.ts";
import { ask } from "./edgetape.ts";

type MessageOf<Type extends ServerMessage["type"]> = Extract<ServerMessage, { type: Type }>;

/** A viewer over a real socket. What it is sent waits until it is asked for, so no test has to sleep. */
export class TestViewer {
  readonly #ws: WebSocket;
  readonly #waiting: (string | ArrayBuffer)[] = [];
  /** Messages that were packed (SPEC ST-12), as far as somebody has waited for them. */
  packed = 0;
  readonly closed: Promise<number>;
  #wake: (() => void) | null = null;

  private constructor(ws: WebSocket) {
    this.#ws = ws;
    ws.binaryType = "arraybuffer";
    ws.accept();
    ws.addEventListener("message", ({ data }) => {
      this.#waiting.push(data);
      this.#wake?.();
    });
    this.closed = new Promise((resolve) => {
      ws.addEventListener("close", ({ code }) => resolve(code));
    });
  }

  static async join(symbol: string, since?: Cursor | number, log?: LogId): Promise<TestViewer> {
    const of = log === undefined ? "" : `&log=${encodeURIComponent(log)}`;
    const query = since === undefined ? "" : `?since=${since}${of}`;
    const response = await ask(
      `/ws/${encodeURIComponent(symbol)}${query}`,
      { headers: { upgrade: "websocket" } },
      "read",
    );
    return TestViewer.over(response);
  }

  static over(response: Response): TestViewer {
    if (response.webSocket === null) throw new Error(`no socket: ${response.status}`);
    return new TestViewer(response.webSocket);
  }

  send(data: string | ArrayBuffer): void {
    this.#ws.send(data);
  }

  ack(cursor: Cursor): void {
    this.send(JSON.stringify({ type: "ack", cursor }));
  }

  close(code?: number): void {
    this.#ws.close(code);
  }

  /** Everything it was sent and nobody has asked for. */
  get unread(): readonly string[] {
    return this.#waiting.map(String);
  }

  async nextText(): Promise<string> {
    while (this.#waiting.length === 0) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    const data = this.#waiting.shift() ?? "";
    if (typeof data === "string") return data;
    this.packed += 1;
    const unpacking = new DecompressionStream("deflate-raw");
    return await new Response(new Blob([data]).stream().pipeThrough(unpacking)).text();
  }

  async next(): Promise<ServerMessage> {
    return serverMessageSchema.parse(JSON.parse(await this.nextText()));
  }

  /** The next message, which must be of this type. */
  async expect<Type extends ServerMessage["type"]>(type: Type): Promise<MessageOf<Type>> {
    const message = await this.next();
    if (message.type !== type) throw new Error(`${type} expected, not ${JSON.stringify(message)}`);
    return message as MessageOf<Type>;
  }

  /** Values of the points it is sent, until there are `count` of them, and the cursor it has come to. */
  async points(count: number): Promise<{ values: number[]; cursor: Cursor }> {
    const values: number[] = [];
    for (;;) {
      const { events, cursor } = await this.expect("events");
      for (const event of events) if (event.kind === "metric") values.push(event.value);
      if (values.length >= count) return { values, cursor };
    }
  }

  /** Resolves when the room has closed it for this reason. */
  async closedFor(reason: CloseReason): Promise<boolean> {
    return (await this.closed) === CLOSE_CODES[reason].code;
  }
}

/** `from`, `from` + 1, ... */
export function numbers(from: number, count: number): number[] {
  return Array.from({ length: count }, (_, at) => from + at);
}
