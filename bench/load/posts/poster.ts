import { connect, type Socket } from "node:net";

/** One HTTP/1.1 keep-alive connection that has at most one request under way. */
export class Poster {
  #socket: Socket;
  #expected = -1;
  #received = 0;
  #chunked = false;
  #status = 0;
  #head = "";
  #keep = false;
  #done: ((answer: Answer) => void) | undefined;
  readonly #failed: (why: string) => void;

  private constructor(socket: Socket, failed: (why: string) => void) {
    this.#socket = socket;
    this.#failed = failed;
  }

  static open(host: string, port: number, failed: (why: string) => void): Promise<Poster> {
    return new Promise((resolve) => {
      const buffer = Buffer.allocUnsafe(16 * 1024);
      const socket = connect({
        host,
        port,
        noDelay: true,
        onread: {
          buffer,
          callback: (length, bytes) => {
            poster.#read(bytes as Buffer, length);
            return true;
          },
        },
      });
      const poster = new Poster(socket, failed);
      socket.on("connect", () => resolve(poster));
      socket.on("error", (error) => failed(error.message));
      socket.on("close", () => {
        if (poster.#done !== undefined)
          failed(`closed in the middle of a request, after ${JSON.stringify(poster.#head)}`);
      });
    });
  }

  /** Sends whole request bytes; `done` is called when the answer is complete. `keep` keeps the answer's text. */
  send(request: Buffer, done: (answer: Answer) => void, keep = false): void {
    this.#done = done;
    this.#keep = keep;
    this.#socket.write(request);
  }

  end(): void {
    this.#done = undefined;
    this.#socket.destroy();
  }

  #read(bytes: Buffer, length: number): void {
    if (this.#expected === -1) {
      this.#head += bytes.toString("latin1", 0, length);
      const end = this.#head.indexOf("\r\n\r\n");
      if (end === -1) return;
      this.#status = Number(this.#head.slice(9, 12));
      const size = /\r\ncontent-length: (\d+)/i.exec(this.#head.slice(0, end + 2));
      // 204 has no body, and says no length.
      this.#chunked = size === null && this.#status !== 204;
      this.#expected = end + 4 + (size === null ? 0 : Number(size[1]));
      this.#received = this.#head.length;
    } else {
      this.#received += length;
      if (this.#keep || this.#chunked || this.#status >= 300) {
        this.#head += bytes.toString("latin1", 0, length);
      }
    }
    const complete = this.#chunked
      ? this.#head.endsWith("0\r\n\r\n")
      : this.#received >= this.#expected;
    if (!complete) return;
    const done = this.#done;
    const answer = { status: this.#status, text: this.#head };
    this.#done = undefined;
    this.#expected = -1;
    this.#received = 0;
    this.#head = "";
    if (done === undefined) this.#failed("an answer nobody asked for");
    else done(answer);
  }
}

/** `text`: head and body, whole only where it was asked for or the status is an error. */
export type Answer = { status: number; text: string };
