import { Breath } from "../core/limits/breath.ts";

/** That of this isolate, which is one thread for all of its requests and objects. */
export const breath = new Breath({
  nowMs: () => Date.now(),
  wait: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
});
