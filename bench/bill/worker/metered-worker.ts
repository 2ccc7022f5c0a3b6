import { AsyncLocalStorage } from "node:async_hooks";
import { Directory } from "../../../durable/first-edition/directory.ts";
import { Room } from "../../../durable/first-edition/room.ts";
import { Host } from "../../../durable/host/host.ts";
import { Keeper } from "../../../durable/keeper/keeper.ts";
import { Keys } from "../../../durable/keys/keys.ts";
import { Notifier } from "../../../durable/notifier/notifier.ts";
import { Relay } from "../../../durable/relay/relay.ts";
import { Streams } from "../../../durable/streams/streams.ts";
import { ViewerObject } from "../../../durable/viewer-object/viewer-object.ts";
import { Writer } from "../../../durable/writer/writer.ts";
import type { Env } from "../../../src/bindings/env.ts";
import worker from "../../../src/worker.ts";
import { Meter, type ObjectMeter } from "../meter.ts";
import { READING_PATH } from "../reading-path.ts";
import { meterState } from "./metered-state.ts";

/*
 * The product's Worker with a meter around its objects. The product knows nothing of it: this module takes the place of
 * src/worker.ts where the bill is measured. All objects of a runtime share an isolate, and so this meter.
 */

const meter = new Meter(() => Date.now());
/** The object on whose account something is done. */
const account = new AsyncLocalStorage<ObjectMeter>();

const BINDINGS = [
  "HOST",
  "RELAY",
  "STREAMS",
  "WRITER",
  "KEEPER",
  "KEYS",
  "NOTIFIER",
  "ROOM",
  "DIRECTORY",
] as const;
const CLASSES = { Host, Relay, Streams, Writer, Keeper, Keys, Notifier, Room, Directory };
type ObjectClass = new (ctx: DurableObjectState, env: Env) => object;

meterTimers();
meterFetch();
meterLog();

const metered = Object.fromEntries(
  Object.entries(CLASSES).map(([name, Class]) => [name, meteredClass(name, Class as ObjectClass)]),
);
const {
  Host: H,
  Relay: L,
  Streams: S,
  Writer: W,
  Keeper: K,
  Keys: Y,
  Notifier: N,
  Room: R,
  Directory: D,
} = metered;

export { Door } from "../../../src/runtime-door.ts";
export {
  D as Directory,
  H as Host,
  K as Keeper,
  L as Relay,
  N as Notifier,
  R as Room,
  S as Streams,
  W as Writer,
  Y as Keys,
};

export default {
  fetch(request, env, ctx) {
    if (new URL(request.url).pathname === READING_PATH) return Response.json(meter.read());
    meter.requests += 1;
    return worker.fetch(request, meteredEnv(env), ctx);
  },
} satisfies ExportedHandler<Env>;

type Method = (...args: unknown[]) => unknown;

/** Its own methods, and those that it has from what objects with viewers share. */
function methodsOf(Class: ObjectClass): Map<string, Method> {
  const methods = new Map<string, Method>();
  const base: object = ViewerObject.prototype;
  const has = Object.getPrototypeOf(Class.prototype) === base ? [base] : [];
  for (const prototype of [...has, Class.prototype as object]) {
    for (const name of Object.getOwnPropertyNames(prototype)) {
      const { value } = Object.getOwnPropertyDescriptor(prototype, name) ?? {};
      if (name !== "constructor" && typeof value === "function") methods.set(name, value);
    }
  }
  return methods;
}

function meteredClass(name: string, Class: ObjectClass): ObjectClass {
  const Metered = class extends Class {
    constructor(ctx: DurableObjectState, env: Env) {
      const object = meter.object(name, ctx.id.toString());
      meterState(ctx, object);
      object.counters.wakes += 1;
      super(ctx, meteredEnv(env));
      objects.set(this, object);
    }
  };
  for (const [name, method] of methodsOf(Class)) {
    Object.defineProperty(Metered.prototype, name, { value: meteredMethod(name, method) });
  }
  return Metered;
}

const objects = new WeakMap<object, ObjectMeter>();

function meteredMethod(name: string, method: Method) {
  return function (this: object, ...args: unknown[]): unknown {
    const object = objects.get(this);
    if (object === undefined) throw new Error("an object without a meter");
    if (name === "alarm") object.counters.alarms += 1;
    if (name === "webSocketMessage") object.counters.messages += 1;
    return account.run(object, () => object.during(() => method.apply(this, args)));
  };
}

const envs = new WeakMap<Env, Env>();

/** Bindings that count the calls made by them, for the class that is called; one for each `env`. */
function meteredEnv(env: Env): Env {
  let known = envs.get(env);
  if (known === undefined) {
    // Those of the first edition are bound only where it left something.
    const namespaces = BINDINGS.filter((binding) => env[binding] !== undefined).map(
      (binding) => [binding, meteredNamespace(binding, env[binding])] as const,
    );
    known = { ...env, ...(Object.fromEntries(namespaces) as Partial<Env>) };
    envs.set(env, known);
  }
  return known;
}

function meteredNamespace(binding: string, namespace: object): object {
  const counters = meter.countersOf(classOf(binding));
  return new Proxy(namespace, {
    get: (target, property) => {
      const value = Reflect.get(target, property) as (...args: unknown[]) => object;
      if (property !== "get") return value.bind(target);
      return (...args: unknown[]) => meteredStub(value.apply(target, args), counters);
    },
  });
}

function meteredStub(stub: object, counters: { calls: number }): object {
  return new Proxy(stub, {
    get: (target, property) => {
      const method = Reflect.get(target, property) as unknown;
      if (typeof method !== "function") return method;
      return (...args: unknown[]) => {
        counters.calls += 1;
        const answer = Reflect.apply(method, target, args) as Promise<unknown>;
        pending(answer);
        return answer;
      };
    },
  });
}

/** `HOST` is the binding of `Host`. */
function classOf(binding: string): string {
  return binding.slice(0, 1) + binding.slice(1).toLowerCase();
}

function pending(work: Promise<unknown>): void {
  const end = account.getStore()?.begin();
  if (end !== undefined) void work.then(end, end);
}

function meterTimers(): void {
  const { setTimeout: set, clearTimeout: clear } = globalThis;
  const ends = new Map<unknown, () => void>();
  const over = (timer: unknown) => {
    ends.get(timer)?.();
    ends.delete(timer);
  };
  Object.assign(globalThis, {
    setTimeout: (callback: () => void, ms?: number) => {
      const end = account.getStore()?.begin();
      const timer = set(() => {
        over(timer);
        callback();
      }, ms);
      if (end !== undefined) ends.set(timer, end);
      return timer;
    },
    clearTimeout: (timer: number | null) => {
      over(timer);
      clear(timer);
    },
  });
}

function meterFetch(): void {
  const { fetch } = globalThis;
  Object.assign(globalThis, {
    fetch: (...args: Parameters<typeof fetch>) => {
      const answer = fetch(...args);
      pending(answer);
      return answer;
    },
  });
}

function meterLog(): void {
  const { log } = console;
  console.log = (...args: unknown[]) => {
    meter.logLines += 1;
    log(...args);
  };
}
