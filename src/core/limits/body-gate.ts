import { Gate, type GateClock } from "./gate.ts";

export interface BodyLimits {
  /** Text that is worked on at once; one body that is longer goes alone. */
  workedOnBytes: number;
  /** Of bodies that were read and wait for their turn. */
  waitingBytes: number;
}

export interface BodyTicket {
  /** What its text takes. */
  bytes: number;
  /** What the body takes while it waits. */
  heldBytes: number;
}

/**
 * Lets so much text of bodies be worked on at once. What is parsed of a body takes several times its length, and all requests of
 * an isolate share its 128 MB: 24 bodies of 8 MiB ended it. They are taken in the order they came, so that a long one is not
 * passed by short ones for ever. Where one thread does the work, to wait costs nobody anything.
 */
export function bodyGate(limits: BodyLimits, clock: GateClock): Gate<BodyTicket> {
  const rules = {
    fits: ({ bytes }: BodyTicket, inside: readonly BodyTicket[]) =>
      inside.length === 0 ||
      inside.reduce((sum, one) => sum + one.bytes, bytes) <= limits.workedOnBytes,
    mayWait: ({ heldBytes }: BodyTicket, waiting: readonly BodyTicket[]) =>
      waiting.reduce((sum, one) => sum + one.heldBytes, heldBytes) <= limits.waitingBytes,
    ...{ isInOrder: true, leaseMs: 30_000, lookAgainMs: 5 },
  };
  return new Gate(rules, clock);
}
