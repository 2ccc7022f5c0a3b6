import { inTime } from "../../bindings/in-time.ts";
import { askPeer } from "../../bindings/peers.ts";
import type { DoorBinding } from "../../bindings/runtime-door.ts";
import type { AppContext } from "../context.ts";
import { warn } from "../warn.ts";

/** Another runtime that takes longer, as one that is being replaced, counts as down. In ms. */
const WITHIN_MS = 1_000;

/** What another runtime of this machine says of itself; null where it does not say so within a second. */
export async function askRuntime<Said>(
  c: AppContext,
  number: number,
  ask: (door: DoorBinding) => Promise<Said>,
): Promise<Said | null> {
  try {
    return await inTime(askPeer(c.env, number, "read", ask), WITHIN_MS);
  } catch (error) {
    warn(c, "runtime_not_asked", error, { number });
    return null;
  }
}
