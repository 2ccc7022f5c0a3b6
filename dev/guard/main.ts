/**
 * The process of the guard: it accepts from the sockets that it was started with, and hands requests on to the runtimes. Settings
 * come by environment: GUARD_RUNTIMES (a unix socket), GUARD_DESCRIPTORS, GUARD_SOCKETS (how many). It ends with its parent, which
 * tells it `{spare}`: how many descriptors the fullest runtime has left, and `{isLast}`: runtimes accept in its place again.
 */
import * as z from "zod";
import { Guard } from "./guard.ts";
import { guardLimits } from "./guard-limits.ts";
import { BACKLOG, FIRST_SOCKET_DESCRIPTOR } from "./guard-process.ts";

const environmentSchema = z.object({
  GUARD_RUNTIMES: z.string().min(1),
  GUARD_DESCRIPTORS: z.coerce.number().int().positive(),
  GUARD_SOCKETS: z.coerce.number().int().positive(),
});
const messageSchema = z.union([
  z.object({ spare: z.number() }),
  z.object({ isLast: z.literal(true) }),
]);

const { GUARD_RUNTIMES, GUARD_DESCRIPTORS, GUARD_SOCKETS } = environmentSchema.parse(process.env);
const guard = new Guard(GUARD_RUNTIMES, guardLimits(GUARD_DESCRIPTORS));
for (let at = 0; at < GUARD_SOCKETS; at += 1) {
  guard.server().listen({ fd: FIRST_SOCKET_DESCRIPTOR + at, backlog: BACKLOG });
}

process.on("message", (message) => {
  const { success, data } = messageSchema.safeParse(message);
  if (!success) return;
  if ("spare" in data) guard.hasSpare(data.spare);
  else guard.sayLast();
});
const endWithParent = () => process.exit();
process.on("disconnect", endWithParent);
// The parent says when: Ctrl-C reaches every process of the terminal.
process.on("SIGINT", () => undefined);
process.on("SIGTERM", () => {
  guard.close();
  // It ends once nothing is under way.
  process.off("disconnect", endWithParent);
  process.disconnect?.();
});
