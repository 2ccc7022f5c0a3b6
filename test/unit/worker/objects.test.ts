import { globSync, readFileSync } from "node:fs";
import { afterEach, describe, expect, it } from "vitest";
import type { Env } from "../../../src/bindings/env.ts";
import type { HostBatch } from "../../../src/bindings/host.ts";
import { hostAt, keeperAt, keysOnTrialAt, writerAt } from "../../../src/bindings/objects.ts";
import { peerGoes, peerIsBack } from "../../../src/bindings/peers.ts";
import {
  ADDRESS_HEADER,
  type DoorBinding,
  type ObjectAddress,
} from "../../../src/bindings/runtime-door.ts";
import type { StoreRequest } from "../../../src/bindings/writer.ts";
import type { HostName } from "../../../src/core/placement/placement.ts";
import type { SymbolName } from "../../../src/protocol/words/symbol.ts";

const [HOST_0, HOST_1] = ["host-0", "host-1"] as HostName[] as [HostName, HostName];
const BATCH = { rooms: [] } as unknown as HostBatch;
const LOST = Object.assign(new Error("Network connection lost."), { retryable: true });

/** A runtime with a peer: what is asked of its own objects and of the peer's door is written down. */
function runtime(
  number: number,
  runtimes: number,
  answers: (() => Promise<unknown>)[] = [],
  more: { WRITER_RUNTIME?: number } = {},
) {
  const asked: string[] = [];
  const namespace = (binding: string) => ({
    idFromName: (name: string) => name,
    get: (name: string) => ({ here: `${binding} ${name}` }),
  });
  const door: DoorBinding = {
    call: async ({ binding, name }: ObjectAddress, method, args) => {
      asked.push(`${binding} ${name} ${method} ${JSON.stringify(args)}`);
      return (answers.shift() ?? (async () => "answer"))();
    },
    takeHosts: async () => true,
    metrics: async () => [],
    linesHolding: async () => [],
    fetch: async ({ headers }) => new Response(headers.get(ADDRESS_HEADER)),
  };
  const settings = { DATABASE_URL: "postgres://checked@elsewhere/", RUNTIMES: runtimes, ...more };
  const bindings = ["HOST", "KEEPER", "KEYS", "WRITER"].map((name) => [name, namespace(name)]);
  const env = { ...settings, RUNTIME: number, ...Object.fromEntries(bindings) } as Env;
  env[`RUNTIME_${1 - number}`] = door;
  return { env, asked };
}

/** What the fake of the platform's own stubs has; a stand-in has methods alone. */
function here(stub: unknown): string | undefined {
  const { here: value } = stub as { here: unknown };
  return typeof value === "string" ? value : undefined;
}

describe("where objects are", () => {
  afterEach(() => [0, 1].forEach(peerIsBack));

  it("is here where there is one runtime: the platform's own stubs", () => {
    const { env } = runtime(0, 1);
    expect(here(hostAt(env, HOST_1))).toBe("HOST host-1");
    expect(here(keeperAt(env))).toBe("KEEPER keeper");
  });

  it("is near the place that is asked for, where one is", () => {
    const { env } = runtime(0, 1);
    const HOST = { ...env.HOST, get: (...words: unknown[]) => ({ here: JSON.stringify(words) }) };
    const placed = { ...env, HOST, HOST_LOCATION: "enam" } as unknown as Env;
    expect(here(hostAt(placed, HOST_1))).toBe('["host-1",{"locationHint":"enam"}]');
    expect(here(hostAt({ ...env, HOST } as unknown as Env, HOST_1))).toBe('["host-1"]');
  });

  it("is with their owner where there are two, but each runtime has its own Writers and trial of the disk", () => {
    const { env } = runtime(1, 2);
    expect(here(hostAt(env, HOST_1))).toBe("HOST host-1");
    expect(here(hostAt(env, HOST_0))).toBeUndefined();
    expect(here(keeperAt(env))).toBeUndefined();
    expect(here(writerAt(env, "writer-0"))).toBe("WRITER writer-0");
    expect(here(writerAt(env, "writer-0", 0))).toBeUndefined();
    expect(here(keysOnTrialAt(env))).toBe("KEYS keys-on-trial");
  });

  it("is for Writers with the runtime that has those of all, where there is one", async () => {
    const apart = { WRITER_RUNTIME: 1 };
    const rooms = runtime(0, 1, [], apart);
    expect(here(hostAt(rooms.env, HOST_1))).toBe("HOST host-1");
    await writerAt(rooms.env, "writer-0").identity();
    expect(rooms.asked).toEqual(["WRITER writer-0 identity []"]);
    const writers = runtime(1, 1, [], apart);
    expect(here(writerAt(writers.env, "writer-0"))).toBe("WRITER writer-0");
    expect(here(hostAt(writers.env, HOST_0))).toBeUndefined();
    expect(here(keeperAt(writers.env))).toBeUndefined();
  });

  it("calls the owner's door, with the same methods and arguments", async () => {
    const { env, asked } = runtime(1, 2);
    expect(await hostAt(env, HOST_0).book("ÄÖ" as SymbolName, 5)).toBe("answer");
    expect(asked).toEqual(['HOST host-0 book ["ÄÖ",5]']);
    const upgrade = new Request("https://host/", { headers: { "x-edgetape-join": "{}" } });
    const answer = await hostAt(env, HOST_0).fetch(upgrade as never);
    expect(await answer.json()).toEqual({ binding: "HOST", name: "host-0" });
  });

  it("asks once more where the owner died under a read, and tells of it where it died under a change", async () => {
    const lost = () => Promise.reject(LOST);
    const reader = runtime(1, 2, [lost]);
    expect(await hostAt(reader.env, HOST_0).list()).toBe("answer");
    expect(reader.asked).toHaveLength(2);
    const twice = runtime(1, 2, [lost, lost]);
    await expect(hostAt(twice.env, HOST_0).list()).rejects.toBe(LOST);
    const producer = runtime(1, 2, [lost]);
    await expect(hostAt(producer.env, HOST_0).append(BATCH)).rejects.toBe(LOST);
    expect(producer.asked).toHaveLength(1);
  });

  it("stores once more where the Writers' runtime died under it, and waits for what is stored before it is replaced", async () => {
    const slow = Promise.withResolvers<unknown>();
    const { env, asked } = runtime(0, 1, [() => slow.promise], { WRITER_RUNTIME: 1 });
    const stored = writerAt(env, "writer-0").store({} as StoreRequest);
    let isGone = false;
    const goes = peerGoes(1, 5_000).then(() => {
      isGone = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(isGone).toBe(false);
    slow.reject(LOST);
    await goes;
    expect(asked).toHaveLength(1);
    peerIsBack(1);
    expect(await stored).toBe("answer");
    expect(asked).toHaveLength(2);
  });

  it("does not ask again what was answered with an error", async () => {
    const { env, asked } = runtime(1, 2, [() => Promise.reject(new Error("a bug"))]);
    await expect(hostAt(env, HOST_0).list()).rejects.toThrow("a bug");
    expect(asked).toHaveLength(1);
  });

  it("asks nothing of an owner that is being replaced, and says when nothing is under way to it", async () => {
    const slow = Promise.withResolvers<unknown>();
    const { env, asked } = runtime(1, 2, [() => slow.promise]);
    const first = hostAt(env, HOST_0).append(BATCH);
    let isGone = false;
    const goes = peerGoes(0, 5_000).then(() => {
      isGone = true;
    });
    const second = hostAt(env, HOST_0).append(BATCH);
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect([isGone, asked.length]).toEqual([false, 1]);
    slow.resolve("answer");
    await Promise.all([first, goes]);
    expect(asked).toHaveLength(1);
    peerIsBack(0);
    expect(await second).toBe("answer");
  });

  it("is known in one place alone", () => {
    const touches =
      /\benv\.(HOST|WRITER|KEEPER|KEYS|NOTIFIER|ROOM|DIRECTORY)\b|idFromName|getByName/;
    const files = globSync(["src/**/*.ts", "durable/**/*.ts"]).filter((file) =>
      touches.test(readFileSync(file, "utf8")),
    );
    expect(files).toEqual(["src/bindings/objects.ts"]);
  });
});
