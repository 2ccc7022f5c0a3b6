import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, expect, it } from "vitest";
import type { Env } from "../../../src/bindings/env.ts";
import { serving } from "../../../src/serving.ts";
import worker, { Door } from "../../../src/worker.ts";

afterEach(() => serving.letGoOn());

/** A request, and whether it has been answered. */
function begin() {
  const request = new Request("http://localhost/healthz") as Request<
    unknown,
    IncomingRequestCfProperties
  >;
  const state = { isAnswered: false };
  const answer = worker.fetch(request, env as unknown as Env, createExecutionContext());
  void answer.then(() => {
    state.isAnswered = true;
  });
  return { answer, state };
}

it("a runtime that is about to be replaced keeps answers back too: each says then that its connection closes", async () => {
  const underWay = begin();
  serving.hold();
  const late = begin();
  await scheduler.wait(50);
  expect([underWay.state.isAnswered, late.state.isAnswered]).toEqual([false, false]);
  expect(serving.underWay).toBe(1);
  serving.letGoOn();
  expect((await underWay.answer).status).toBe(200);
  expect((await late.answer).status).toBe(200);
  expect(serving.underWay).toBe(0);
});

it("the door hands on what an object answers without the disposer that the runtime has put on it", async () => {
  const door = new Door(createExecutionContext(), env as unknown as Env);
  const host = { binding: "HOST", name: "host-0" } as const;
  const answer = await door.call(host, "list", []);
  expect(answer).toMatchObject({ symbols: expect.any(Array) });
  // With it the other runtime would hold this call open until its garbage is collected, and be warned of it.
  expect(Symbol.dispose in (answer as object)).toBe(false);
});
