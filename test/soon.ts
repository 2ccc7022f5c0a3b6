import { vi } from "vitest";

/** Longer than a machine takes that does ten other things, and shorter than a test may take: a state that comes, comes. */
const PATIENCE = { timeout: 15_000, interval: 20 };

/** Resolves once `holds` does not throw, with what it gave; rejects with what it threw last. */
export function soon<Value>(holds: () => Value | Promise<Value>): Promise<Value> {
  return vi.waitFor(holds, PATIENCE);
}
