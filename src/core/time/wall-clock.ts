import type { EpochUs } from "../../protocol/words/time.ts";

/** The wall clock. On Cloudflare it stands still while a request computes and has the resolution of a millisecond. */
export function nowUs(): EpochUs {
  return (Date.now() * 1_000) as EpochUs;
}
