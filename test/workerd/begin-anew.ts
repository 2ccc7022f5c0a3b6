import { reset, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterAll, beforeAll } from "vitest";
import { configOf } from "../../src/config.ts";
import { hostStubOf, newSymbol } from "./edgetape.ts";

/*
 * For each file, as several have one runtime: it begins with objects that have nothing, and settings that it has changed are put
 * back. The objects have settings of their own, one for all of them.
 */
const settings = { ...configOf(env) };

beforeAll(() => reset());
afterAll(async () => {
  await runInDurableObject(hostStubOf(newSymbol()), (host) => {
    Object.assign(configOf((host as unknown as { env: object }).env), settings);
  });
  Object.assign(configOf(env), settings);
});
