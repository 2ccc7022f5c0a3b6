import { Unmet } from "./expectation.ts";
import type { Arrival, Clock, Connection } from "./server.ts";

/** How long a message is waited for, in ms: a machine that does other things is slow, not wrong. */
export const PATIENCE_MS = 15_000;

/** What is waited for, and until when. */
export interface Awaited {
  /** `the message hello of A`. */
  what: string;
  patienceMs: number;
  untilMs: number;
  /** What came meanwhile and was something else. */
  instead: readonly unknown[];
}

/** Something that is waited for from now on. */
export function awaited(
  clock: Clock,
  what: string,
  instead: readonly unknown[] = [],
  patienceMs = PATIENCE_MS,
): Awaited {
  return { what, patienceMs, untilMs: clock.nowMs() + patienceMs, instead };
}

/** What comes next. @throws {Unmet} where it does not come in time: what was awaited, and what came instead. */
export async function arrivalOf(
  connection: Connection,
  clock: Clock,
  { what, patienceMs, untilMs, instead }: Awaited,
): Promise<Arrival> {
  const late = clock.sleep(Math.max(0, untilMs - clock.nowMs())).then(() => null);
  const arrival = await Promise.race([connection.read(), late]);
  if (arrival !== null) return arrival;
  throw new Unmet(`${what} within ${patienceMs} ms`, instead.length === 0 ? "nothing" : instead);
}

/** The same where it must be a text. @throws {Unmet} where the connection is closed instead. */
export async function textOf(
  connection: Connection,
  clock: Clock,
  wanted: Awaited,
): Promise<string> {
  const arrival = await arrivalOf(connection, clock, wanted);
  if (arrival.kind === "message") return arrival.text;
  throw new Unmet(wanted.what, `a close with ${arrival.code}`);
}
