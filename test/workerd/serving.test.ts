import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, expect, it } from "vitest";
import type { Env } from "../../src/bindings/env.ts";
import { serving } from "../../src/serving.ts";
import worker from "../../src/worker.ts";

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
