import { expect } from "vitest";
import { KEEPING, WINDOW_BYTES } from "../host-world.ts";
import { type ModelHosts, SYMBOLS } from "../model-hosts.ts";

/** A frame of fifty events of the model, which may be longer than joined frames are. */
const LONGEST_MESSAGE = 8_000;

/** Lets everything get better that can, and looks whether all is well then. */
export async function checkAtRest(hosts: ModelHosts): Promise<void> {
  hosts.throwFailures();
  await hosts.comeToRest();
  hosts.throwFailures();
  checkAfterRest(hosts);
}

/** What must be true once everything that can get better has. */
function checkAfterRest(hosts: ModelHosts): void {
  for (const viewer of hosts.openViewers) {
    expect(viewer.isLive).toBe(true);
    expect(viewer.hasAll).toBe(true);
  }
  for (const symbol of SYMBOLS) {
    // INV-1, INV-6: all of it is in Postgres, once.
    expect(hosts.stored(symbol)).toEqual(hosts.kept(symbol));
    // D-5: whatever died in between, the last state of the book is a sample.
    const books = hosts.booksOf(symbol);
    if (books !== null) expect(books.sampled).toEqual(books.current);
  }
  // INV-5: the window, the page or message that went over it, and the grain of what sleep remembers.
  const bound = WINDOW_BYTES * 1.25 + LONGEST_MESSAGE;
  for (const viewer of hosts.everyViewer) expect(viewer.mostUnackedBytes).toBeLessThan(bound);
  // A log is what it keeps, and the generation that goes next.
  for (const events of hosts.logEvents) {
    expect(events).toBeLessThanOrEqual(KEEPING.events * 1.25 + hosts.longestRow);
  }
}
