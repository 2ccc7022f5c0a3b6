import { createMiddleware } from "hono/factory";
import type { EpochUs } from "../protocol/words/time.ts";
import type { AppEnv } from "./context.ts";

/**
 * When an answer was made, which a server with a clock says (RFC 9110, 6.6.1), and workerd does not: a page whose device has another time goes
 * by it. Answers to pushes have their headers already.
 */
export const dated = (nowUs: () => EpochUs) =>
  createMiddleware<AppEnv>(async (c, next) => {
    await next();
    if (c.get("isHeaded") === true || c.res.status === 101) return;
    c.res.headers.set("date", new Date(nowUs() / 1_000).toUTCString());
  });
