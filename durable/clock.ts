import type { EpochUs } from "../src/protocol/time.ts";

/** The wall clock. On Cloudflare it stands still while a request computes and has the resolution of a millisecond. */
export function nowUs(): EpochUs {
  return (Date.now() * 1_000) as EpochUs;
}

export function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
