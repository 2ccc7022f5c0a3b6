import { createMiddleware } from "hono/factory";
import type { AppEnv } from "../context.ts";
import type { RefusalForm } from "./refusal.ts";

/** For routes whose callers know no problem documents. It comes before all that may refuse. */
export const inForm = (form: RefusalForm) =>
  createMiddleware<AppEnv>(async (c, next) => {
    c.set("refusalForm", form);
    return next();
  });
