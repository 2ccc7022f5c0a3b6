import { bars } from "./bars.ts";
import { bodies } from "./bodies.ts";
import { books } from "./books.ts";
import { cursors } from "./cursors.ts";
import { events } from "./events.ts";
import { flow } from "./flow.ts";
import { formats } from "./formats.ts";
import { joining } from "./joining.ts";
import { keys } from "./keys.ts";
import { limits } from "./limits.ts";
import { logs } from "./logs.ts";
import { orders } from "./orders.ts";
import { polling } from "./polling.ts";
import { pushes } from "./pushes.ts";
import { reading } from "./reading.ts";
import type { Check } from "./server.ts";
import { streams } from "./streams.ts";
import { telemetry } from "./telemetry.ts";

/** Every check there is, by chapter of SPEC. */
export const CHECKS: readonly Check[] = [
  ...cursors,
  ...bodies,
  ...pushes,
  ...keys,
  ...events,
  ...joining,
  ...streams,
  ...polling,
  ...bars,
  ...books,
  ...orders,
  ...flow,
  ...limits,
  ...reading,
  ...formats,
  ...telemetry,
  ...logs,
];
