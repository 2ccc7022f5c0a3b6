import type { Context } from "hono";
import type { Env } from "../bindings/env.ts";
import type { Config } from "../config.ts";
import type { Log } from "../telemetry/log.ts";

/** What every handler finds in its context. */
export interface AppEnv {
  Bindings: Env;
  Variables: {
    config: Config;
    log: Log;
    correlationId: string;
    /** The log has said already why requests like this one fail. */
    isSaid?: true;
    /** The turn of its body (`limits/bodies.ts`) is over. */
    endTurn?: () => void;
  };
}

export type AppContext = Context<AppEnv>;
