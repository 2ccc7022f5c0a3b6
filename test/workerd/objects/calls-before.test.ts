import { env } from "cloudflare:workers";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Env } from "../../../src/bindings/env.ts";
import { hostAt, keeperAt } from "../../../src/bindings/objects.ts";
import type { HostName } from "../../../src/core/placement/placement.ts";
import recorded from "../../fixtures/calls/2026-11-26.json" with { type: "json" };
import { FakeNeon } from "../fake-neon.ts";

/*
 * A deploy runs old objects beside the new Worker, and new ones beside the old Worker, for up to five minutes. So an object answers
 * the calls of the version before, and its answers have what that version reads of them. CONTRIBUTING says how a call is changed.
 */

/** A call as the version before made it, and what it was answered. */
interface RecordedCall {
  object: string;
  method: string;
  args: unknown[];
  answer: unknown;
}

const HOST = "host-0" as HostName;
const calls: readonly RecordedCall[] = recorded.calls;

beforeEach(() => {
  const neon = new FakeNeon();
  vi.spyOn(globalThis, "fetch").mockImplementation(((input, init) =>
    neon.fetch(input, init)) as typeof fetch);
});
afterEach(() => {
  vi.restoreAllMocks();
});

it("answers each call of the version before with all that it reads of the answer", async () => {
  const bindings = env as unknown as Env;
  const objects: Record<string, object> = {
    host: hostAt(bindings, HOST),
    writer: bindings.WRITER.get(bindings.WRITER.idFromName("0")),
    keeper: keeperAt(bindings),
  };
  const misunderstood: string[] = [];
  for (const { object, method, args, answer } of calls) {
    const stub = objects[object] as Record<string, (...args: unknown[]) => Promise<unknown>>;
    const given = await stub[method]?.(...args);
    misunderstood.push(...differences(answer, given, `${object}.${method}`));
  }
  expect(misunderstood).toEqual([]);
});

/** What of the answer of before is not in the one of now, or is something else. More may be in it. */
function differences(before: unknown, now: unknown, path: string): string[] {
  if (before === null) return (now ?? null) === null ? [] : [`${path} was null`];
  if (typeof before !== "object") {
    // The caller looks at words themselves, such as a kind; what has digits is of its run.
    const isWord =
      typeof before === "boolean" || (typeof before === "string" && !/\d/.test(before));
    const isSame = isWord ? before === now : typeof before === typeof now;
    return isSame ? [] : [`${path} was ${JSON.stringify(before)} and is ${JSON.stringify(now)}`];
  }
  if (now === null || typeof now !== "object") return [`${path} is ${JSON.stringify(now)}`];
  return Object.entries(before).flatMap(([key, value]) =>
    key in now
      ? differences(value, (now as Record<string, unknown>)[key], `${path}.${key}`)
      : [`${path}.${key} is gone`],
  );
}
