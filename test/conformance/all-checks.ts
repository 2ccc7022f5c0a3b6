import { bodies } from "./bodies.ts";
import { cursors } from "./cursors.ts";
import { events } from "./events.ts";
import { joining } from "./joining.ts";
import { keys } from "./keys.ts";
import { polling } from "./polling.ts";
import { pushes } from "./pushes.ts";
import type { Check } from "./server.ts";

/** Every check there is, by chapter of SPEC. */
export const CHECKS: readonly Check[] = [
  ...cursors,
  ...bodies,
  ...pushes,
  ...keys,
  ...events,
  ...joining,
  ...polling,
];
