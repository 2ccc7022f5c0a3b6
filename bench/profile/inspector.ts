import type { CpuProfile } from "./cpu-profile.ts";

const SAMPLE_EVERY_US = 200;

type Reply = { id?: number; result?: unknown; error?: { message: string } };

/** A connection to workerd's inspector, which speaks the Chrome DevTools protocol. */
export class Inspector {
  #socket: WebSocket;
  #nextId = 1;
  #waiting = new Map<number, (reply: Reply) => void>();

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.addEventListener("message", (event) => {
      const reply = JSON.parse(String(event.data)) as Reply;
      if (reply.id !== undefined) this.#waiting.get(reply.id)?.(reply);
    });
  }

  /** `service`: its name in workerd's configuration. */
  static async open(port: number, service: string): Promise<Inspector> {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/${service}`);
    await new Promise((resolve, reject) => {
      socket.addEventListener("open", resolve);
      socket.addEventListener("error", () => reject(new Error("no inspector")));
    });
    return new Inspector(socket);
  }

  async startProfile(): Promise<void> {
    await this.#call("Profiler.enable");
    await this.#call("Profiler.setSamplingInterval", { interval: SAMPLE_EVERY_US });
    await this.#call("Profiler.start");
  }

  async stopProfile(): Promise<CpuProfile> {
    return ((await this.#call("Profiler.stop")) as { profile: CpuProfile }).profile;
  }

  close(): void {
    this.#socket.close();
  }

  #call(method: string, params: object = {}): Promise<unknown> {
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, (reply) => {
        this.#waiting.delete(id);
        if (reply.error === undefined) resolve(reply.result);
        else reject(new Error(`${method}: ${reply.error.message}`));
      });
      this.#socket.send(JSON.stringify({ id, method, params }));
    });
  }
}
