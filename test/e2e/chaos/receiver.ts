import { createHmac } from "node:crypto";
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";

export interface ReceivedWebhook {
  id: string;
  type: string;
  symbol: string;
  headers: IncomingHttpHeaders;
  isSigned: boolean;
}

/** Somebody who is told of alerts, and who hangs until he is to take what comes. */
export class WebhookReceiver {
  readonly received: ReceivedWebhook[] = [];
  isTaking = false;
  readonly #secret: string;
  readonly #server: Server;

  constructor(secret: string) {
    this.#secret = secret;
    this.#server = createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on("data", (part: Buffer) => parts.push(part));
      request.on("end", () => {
        this.#hear(Buffer.concat(parts), request.headers);
        if (this.isTaking) response.writeHead(204).end();
      });
    });
  }

  /** Its address. */
  listen(): Promise<string> {
    return new Promise((resolve) => {
      this.#server.listen(0, "127.0.0.1", () => {
        resolve(`http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/alerts`);
      });
    });
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  #hear(body: Buffer, headers: IncomingHttpHeaders): void {
    const [id, sent] = [String(headers["webhook-id"]), String(headers["webhook-timestamp"])];
    const key = Buffer.from(this.#secret.slice("whsec_".length), "base64");
    const hmac = createHmac("sha256", key).update(`${id}.${sent}.`).update(body);
    const isSigned = headers["webhook-signature"] === `v1,${hmac.digest("base64")}`;
    const { type, data } = JSON.parse(body.toString()) as {
      type: string;
      data: { symbol: string };
    };
    this.received.push({ id, type, symbol: data.symbol, headers, isSigned });
  }
}
