import type { EpochUs } from "../src/protocol/time.ts";

/** The wall clock. On Cloudflare it stands still while a request computes and has the resolution of a millisecond. */
export function nowUs(): EpochUs {
  return (Date.now() * 1_000) as EpochUs;
}

export function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** True once `work` is done, false after `ms`. It leaves no timer behind, for a timer keeps an object awake. */
export async function within(work: Promise<unknown>, ms: number): Promise<boolean> {
  const { promise: late, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => resolve(false), ms);
  try {
    return await Promise.race([work.then(() => true), late]);
  } finally {
    clearTimeout(timer);
  }
}
