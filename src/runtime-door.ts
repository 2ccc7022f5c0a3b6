import { WorkerEntrypoint } from "cloudflare:workers";
import type { Env } from "./bindings/env.ts";
import { hostAt, keeperAt, objectHere } from "./bindings/objects.ts";
import { peerGoes, peerIsBack } from "./bindings/peers.ts";
import { ADDRESS_HEADER, type DoorCalls, type ObjectAddress } from "./bindings/runtime-door.ts";
import { watchedObjects } from "./bindings/watched-objects.ts";
import { configOf } from "./config.ts";
import type { HostUse } from "./core/limits/descriptor-budget.ts";
import { fewAtOnce } from "./core/limits/few-at-once.ts";
import type { Family } from "./core/metrics/families.ts";
import { type HostName, sharedHosts } from "./core/placement/placement.ts";
import { takeHostsHere } from "./http/limits/descriptors.ts";
import { metricsHere } from "./http/sources/metrics-here.ts";
import { serving } from "./serving.ts";
import { recentLines } from "./telemetry/recent-lines.ts";

/** In so long a time whoever posts again and again has a request here, in ms: see `#retire`. */
const HOLD_MS = 1_000;
/** Where none is under way for so long, there is none that has been accepted and not been read, in ms. */
const QUIET_MS = 100;
/** What a request that was accepted here may take until the runtime ends, in ms. */
const LONGEST_REQUEST_MS = 10_000;
/** And what other runtimes have under way to one that ends. */
const LONGEST_CHANGE_MS = 5_000;

/**
 * The door of a runtime to the others of its machine, and to their supervisor. It is on a unix socket that nobody else can reach:
 * on Cloudflare nothing is bound to it.
 */
export class Door extends WorkerEntrypoint<Env> implements DoorCalls {
  async call(address: ObjectAddress, method: string, args: unknown[]): Promise<unknown> {
    const object = objectHere(this.env, address) as unknown as Record<
      string,
      (...args: unknown[]) => Promise<unknown>
    >;
    const answer = await (object[method] as (...args: unknown[]) => Promise<unknown>)(...args);
    return withoutDisposer(answer);
  }

  takeHosts(hosts: readonly HostName[], use: HostUse): Promise<boolean> {
    return takeHostsHere(this.env, hosts, use);
  }

  metrics(): Promise<Family[]> {
    return metricsHere(this.env);
  }

  async linesHolding(text: string): Promise<string[]> {
    return recentLines.holding(text);
  }

  override async fetch(request: Request): Promise<Response> {
    const address = request.headers.get(ADDRESS_HEADER);
    if (address !== null) {
      return objectHere(this.env, JSON.parse(address) as ObjectAddress).fetch(request);
    }
    const [, command, peer] = new URL(request.url).pathname.split("/");
    switch (command) {
      case "retire":
        return this.#retire(request);
      case "peer-goes":
        await peerGoes(Number(peer), LONGEST_CHANGE_MS);
        return new Response("gone\n");
      case "peer-is-back":
        peerIsBack(Number(peer));
        return new Response("back\n");
      case "rearm-hosts":
        await this.#rearmHosts();
        return new Response("done\n");
      default:
        return new Response(`no such command: ${command}\n`, { status: 404 });
    }
  }

  /**
   * The runtime is about to be replaced. A conversation with the supervisor, a line each:
   * `held`: requests that come are held from now on, so that connections on which somebody posts again and again have one under way.
   * The runtime closes the others when it gets its signal, and answers those with "Connection: close", so that none is closed under
   * a request. `go on`: it has got its signal, and accepts nothing more. `quiet`: what was held is answered too.
   * `say good-bye`: nobody asks anything of this runtime any more. `done`: viewers have been told to come back.
   */
  async #retire({ body }: Request): Promise<Response> {
    serving.hold();
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    this.ctx.waitUntil(this.#saidByTurns(linesOf(body), writable.getWriter()));
    return new Response(readable);
  }

  async #saidByTurns(
    heard: AsyncIterator<string>,
    writer: WritableStreamDefaultWriter<Uint8Array>,
  ): Promise<void> {
    const say = (word: string) => writer.write(new TextEncoder().encode(`${word}\n`));
    try {
      await scheduler.wait(HOLD_MS);
      await say("held");
      await heard.next();
      serving.letGoOn();
      await serving.untilQuiet(QUIET_MS, LONGEST_REQUEST_MS);
      await say("quiet");
      await heard.next();
      await fewAtOnce(watchedObjects(), async (address) => {
        const object = objectHere(this.env, address) as unknown as { sayGoodbye(): Promise<void> };
        await object.sayGoodbye();
      });
      await say("done");
    } finally {
      serving.letGoOn();
      await writer.close();
    }
  }

  /** Has every host there ever was set its alarm anew. */
  async #rearmHosts(): Promise<void> {
    const { env } = this;
    const met = await keeperAt(env).hostsEver();
    const hosts = [...new Set([...sharedHosts(configOf(env)), ...met])];
    await fewAtOnce(hosts, (host) => hostAt(env, host).rearm());
  }
}

/**
 * The runtime puts a disposer on whatever object a call answers with. Handed on it would be one of ours, which the other runtime has
 * to call; but answers are plain values, of which nothing is held here.
 */
function withoutDisposer(answer: unknown): unknown {
  if (typeof answer === "object" && answer !== null && Symbol.dispose in answer) {
    (answer as Disposable)[Symbol.dispose]();
    Reflect.deleteProperty(answer, Symbol.dispose);
  }
  return answer;
}

async function* linesOf(body: ReadableStream | null): AsyncGenerator<string> {
  if (body === null) return;
  let rest = "";
  for await (const text of body.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
}
