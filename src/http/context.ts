import type { Context } from "hono";
import type { Env } from "../bindings/env.ts";
import type { Config } from "../config.ts";
import type { EpochUs } from "../protocol/words/time.ts";
import type { Logger } from "../telemetry/log.ts";
import type { Access } from "./access/token.ts";
import type { RefusalForm } from "./problems/refusal.ts";

/** What every handler finds in its context. */
export interface AppEnv {
  Bindings: Env;
  Variables: {
    config: Config;
    logger: Logger;
    correlationId: string;
    nowUs: () => EpochUs;
    /** When the request began. */
    startedAtMs: number;
    /** The moment of an event that came without one; no two are the same. */
    arrivalUs: () => EpochUs;
    /** Behind `needs` alone; `accessOf` gives it. */
    access?: Access;
    /** The log has said already why requests like this one fail. */
    isSaid?: true;
    /** Why it was refused or failed, for its line of the log. */
    cause?: { problem: string; detail: string };
    /** How refusals are written, where not as problem documents (`problems/refusal-form.ts`). */
    refusalForm?: RefusalForm;
    /** Its answer was made with all headers that every answer has (`acknowledgement.ts`). */
    isHeaded?: true;
    /** The turn of its body (`limits/bodies.ts`) is over. */
    endTurn?: () => void;
  };
}

export type AppContext = Context<AppEnv>;

export function nowMs(c: AppContext): number {
  return c.get("nowUs")() / 1_000;
}
