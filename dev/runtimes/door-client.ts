import { once } from "node:events";
import { type ClientRequest, type IncomingMessage, request } from "node:http";
import { createInterface } from "node:readline";

/** A runtime that does not answer for so long is taken for dead, in ms. */
const TIMEOUT_MS = 20_000;

/** Tells the runtime whose door is at `path` something. Rejects where it does not answer that it is done. */
export async function tell(path: string, command: string): Promise<void> {
  const { response } = await ask(path, command, "");
  response.resume();
  await once(response, "end");
  if (response.statusCode !== 200) throw new Error(`${command}: status ${response.statusCode}`);
}

/** A conversation with a runtime that is about to be replaced; see `Door` in src/runtime-door.ts for its words. */
export class Farewell {
  readonly #asked: ClientRequest;
  readonly #lines: AsyncIterator<string>;

  private constructor(asked: ClientRequest, response: IncomingMessage) {
    this.#asked = asked;
    this.#lines = createInterface({ input: response })[Symbol.asyncIterator]();
  }

  static async begin(path: string): Promise<Farewell> {
    const { asked, response } = await ask(path, "retire");
    return new Farewell(asked, response);
  }

  say(word: "go on" | "say good-bye"): void {
    this.#asked.write(`${word}\n`);
  }

  /** Resolves when the runtime says it next; rejects where it says something else or nothing more. */
  async hear(word: "held" | "quiet" | "done"): Promise<void> {
    const { value } = await this.#lines.next();
    if (value !== word) throw new Error(`the runtime said ${String(value)} and not ${word}`);
  }

  end(): void {
    this.#asked.destroy();
  }
}

/** `body`: all of it; absent: the request stays open. */
async function ask(
  socketPath: string,
  command: string,
  body?: string,
): Promise<{ asked: ClientRequest; response: IncomingMessage }> {
  const asked = request({ socketPath, method: "POST", path: `/${command}`, timeout: TIMEOUT_MS });
  asked.on("timeout", () => asked.destroy(new Error(`no answer in ${TIMEOUT_MS} ms`)));
  if (body === undefined) asked.flushHeaders();
  else asked.end(body);
  const [response] = (await once(asked, "response")) as [IncomingMessage];
  // What goes wrong from here on ends the answer, and whoever reads it hears of it there.
  asked.on("error", () => undefined);
  response.on("error", () => undefined);
  return { asked, response };
}
