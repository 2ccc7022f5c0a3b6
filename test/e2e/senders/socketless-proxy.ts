import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { pipeline } from "node:stream";

/** A proxy that knows nothing of WebSockets: it answers 400 to an upgrade, until it is told to let them through. */
export class SocketlessProxy {
  letsSocketsThrough = false;
  readonly #server = createServer((asked, answer) => this.#pass(asked, answer));
  readonly #upstream: () => string;

  /** `upstream`: where the server is now. */
  constructor(upstream: () => string) {
    this.#upstream = upstream;
    this.#server.on("upgrade", (asked: IncomingMessage, socket, head: Buffer) => {
      socket.on("error", () => socket.destroy());
      if (!this.letsSocketsThrough) {
        socket.end("HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
        return;
      }
      const asking = this.#ask(asked);
      asking.on("error", () => socket.destroy());
      asking.on("response", () => socket.destroy());
      asking.on("upgrade", (answer, other, first) => {
        const lines = answer.rawHeaders.flatMap((name, at, all) =>
          at % 2 === 0 ? [`${name}: ${all[at + 1]}`] : [],
        );
        socket.write(`HTTP/1.1 101 Switching Protocols\r\n${lines.join("\r\n")}\r\n\r\n`);
        socket.write(first);
        other.write(head);
        pipeline(socket, other, socket, () => {});
      });
      asking.end();
    });
  }

  /** Resolves with its address. */
  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Ends what goes through it now. */
  cut(): void {
    this.#server.closeAllConnections();
  }

  close(): void {
    this.#server.close();
    this.cut();
  }

  #pass(asked: IncomingMessage, answer: ServerResponse): void {
    const asking = this.#ask(asked);
    asking.on("error", () => answer.destroy());
    asking.on("response", (got) => {
      answer.writeHead(got.statusCode ?? 502, got.rawHeaders);
      // A stream of events may have nothing to say for long.
      answer.flushHeaders();
      pipeline(got, answer, () => {});
    });
    answer.on("close", () => asking.destroy());
    asked.pipe(asking);
  }

  #ask({ method, url, headers }: IncomingMessage) {
    return request(new URL(url ?? "/", this.#upstream()), { method, headers });
  }
}
