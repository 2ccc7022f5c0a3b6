import { createMiddleware } from "hono/factory";
import type { AppEnv } from "../context.ts";
import type { RefusalForm } from "./refusal.ts";

/** For routes of another server's API: whatever is refused there is answered in that server's form, as JSON. */
export const refusesAs = (form: RefusalForm) =>
  createMiddleware<AppEnv>(async (c, next) => {
    c.set("refusalForm", form);
    return next();
  });
