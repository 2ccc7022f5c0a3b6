import { isIPv6 } from "node:net";
import { availableParallelism } from "node:os";
import { resolve } from "node:path";
import * as z from "zod";
import { configOf } from "../../src/config.ts";
import type { LogFileSettings } from "../log/log-file.ts";

/** What one machine is told by its environment. Names and defaults are the design's. */
export type Settings = {
  port: number;
  host: string;
  /** Absolute. */
  dataDir: string;
  /** Processes that share the work. */
  runtimes: number;
  /** `apart`: the Writers have a process of their own. */
  writers: (typeof WRITERS)[number];
  /** Absent: the embedded database. */
  databaseUrl: string | undefined;
  jwtSecret: string | undefined;
  jwtJwksUrl: string | undefined;
  /** `local`: nobody has said it, and only this machine can reach us, unless a proxy passes others on. */
  publicRead: "true" | "false" | "local";
  logLevel: LogLevel;
  /** Absent: lines go to standard error. */
  logFile: LogFileSettings | undefined;
  /** What else of the Worker's settings the environment holds (`LIMIT_...` and such), checked and as it stands, and defaults. */
  workerOnly: Record<string, string>;
};

export type SettingsAnswer =
  | { kind: "settings"; settings: Settings }
  /** One line a problem, each beginning with the name of the setting. */
  | { kind: "invalid"; problems: string[] };

export const LOG_LEVELS = ["debug", "info", "warning", "error"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

const MOST_RUNTIMES = 64;
const WRITERS = ["apart", "inside"] as const;

/** What is written at once must fit. */
const LEAST_LOG_FILE_BYTES = 1_048_576;
const LOG_FILE_SIZE = `a number of bytes from ${LEAST_LOG_FILE_BYTES} on`;

/** RFC 7518 3.2: a key for HS256 has at least the length of the hash. */
const MIN_SECRET_LENGTH = 32;

function integer(highest: number, what: string) {
  const error = `must be ${what}`;
  return z
    .string()
    .regex(/^\d+$/, { error })
    .transform(Number)
    .refine((value) => value <= highest, { error });
}

function urlOf(protocols: readonly string[], example: string) {
  return z
    .string()
    .refine((text) => URL.canParse(text) && protocols.includes(new URL(text).protocol), {
      error: `must be a URL such as ${example}`,
    });
}

/** Settings that are the Worker's alone. */
const WORKER_ONLY = /^(LIMIT|KEEP|COMPRESS|ALLOWED|ROOM)_/;
/** And these. */
const WORKER_ONLY_NAMES = [
  ...["WRITER_SHARDS", "TRUST_PROXY", "SYMBOL_LABEL", "EMBED_ORIGINS"],
  ...["JWT_AUDIENCE", "JWT_ISSUER"],
];
/** Where wrangler.toml has what suits Cloudflare, and not a machine of one's own: its disk costs nothing a month. */
const OWN_DEFAULTS = { KEEP_RAW_DAYS: "90" };

const environmentSchema = z.object({
  PORT: integer(65_535, "a port, 0 to 65535 (0 = any free one)").default(8787),
  HOST: z
    .string()
    .regex(/^[A-Za-z0-9.:-]+$/, { error: "must be a host name or an address, such as 127.0.0.1" })
    .default("127.0.0.1"),
  DATA_DIR: z.string().default(".data"),
  DATABASE_URL: urlOf(
    ["postgres:", "postgresql:"],
    "postgres://user:password@host:5432/name",
  ).optional(),
  JWT_SECRET: z
    .string()
    .min(MIN_SECRET_LENGTH, { error: `must have at least ${MIN_SECRET_LENGTH} characters` })
    .optional(),
  JWT_JWKS_URL: urlOf(
    ["https:", "http:"],
    "https://issuer.example/.well-known/jwks.json",
  ).optional(),
  PUBLIC_READ: z
    .enum(["true", "false", "local"], { error: "must be true, false or local" })
    .optional(),
  RUNTIMES: integer(MOST_RUNTIMES, `1 to ${MOST_RUNTIMES}`)
    .refine((value) => value > 0, { error: `must be 1 to ${MOST_RUNTIMES}` })
    .optional(),
  WRITERS: z.enum(WRITERS, { error: `must be ${WRITERS.join(" or ")}` }).optional(),
  LOG_LEVEL: z
    .enum(LOG_LEVELS, { error: `must be one of ${LOG_LEVELS.join(", ")}` })
    .default("info"),
  LOG_FILE: z.string().optional(),
  LOG_FILE_BYTES: integer(Number.MAX_SAFE_INTEGER, LOG_FILE_SIZE)
    .refine((value) => value >= LEAST_LOG_FILE_BYTES, { error: `must be ${LOG_FILE_SIZE}` })
    .default(64 * 1_024 * 1_024),
  LOG_FILES: integer(1_000, "2 to 1000: how many files there may be, with those put aside")
    .refine((value) => value >= 2, { error: "must be 2 to 1000" })
    .default(5),
});

/**
 * Reads the settings out of `environment`. An empty variable counts as absent, as compose files write it.
 * Relative folders are resolved against `workingDir`.
 */
export function readSettings(
  environment: Readonly<Record<string, string | undefined>>,
  workingDir: string,
  cores = availableParallelism(),
): SettingsAnswer {
  const present: Record<string, string> = {};
  for (const [name, text] of Object.entries(environment)) {
    if (text !== undefined && text !== "") present[name] = text;
  }
  const workerOnly = Object.fromEntries(
    Object.entries({ ...OWN_DEFAULTS, ...present }).filter(
      ([name]) => WORKER_ONLY.test(name) || WORKER_ONLY_NAMES.includes(name),
    ),
  );
  const problems = problemsOfWorker(workerOnly, "JWT_JWKS_URL" in present);
  const parsed = environmentSchema.safeParse(present);
  if (!parsed.success) {
    for (const issue of parsed.error.issues)
      problems.push(`${issue.path.join(".")} ${issue.message}`);
  }
  if (!parsed.success || problems.length > 0) return { kind: "invalid", problems };

  const found = parsed.data;
  const runtimes = found.RUNTIMES ?? Math.min(Math.max(cores - 1, 1), MOST_RUNTIMES);
  return {
    kind: "settings",
    settings: {
      port: found.PORT,
      host: found.HOST,
      dataDir: resolve(workingDir, found.DATA_DIR),
      runtimes,
      writers: found.WRITERS ?? (runtimes > 1 ? "apart" : "inside"),
      databaseUrl: found.DATABASE_URL,
      jwtSecret: found.JWT_SECRET,
      jwtJwksUrl: found.JWT_JWKS_URL,
      publicRead: found.PUBLIC_READ ?? (isLoopback(found.HOST) ? "local" : "false"),
      logLevel: found.LOG_LEVEL,
      logFile:
        found.LOG_FILE === undefined
          ? undefined
          : {
              path: resolve(workingDir, found.LOG_FILE),
              mostBytes: found.LOG_FILE_BYTES,
              mostFiles: found.LOG_FILES,
            },
      workerOnly,
    },
  };
}

/** What the Worker is told of how many runtimes there are, and which of them has the Writers. */
export function runtimesOf({ runtimes, writers }: Pick<Settings, "runtimes" | "writers">) {
  return { RUNTIMES: runtimes, ...(writers === "apart" && { WRITER_RUNTIME: runtimes }) };
}

/** True where only this machine can reach `host`. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host);
}

/** `host:port` as a URL and a listening address write it. */
export function hostAndPort(host: string, port: number): string {
  return isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`;
}

/** What the Worker would say to these settings, said before it runs. */
function problemsOfWorker(settings: Record<string, string>, hasIssuer: boolean): string[] {
  // What those say is judged elsewhere; that they are there decides over others.
  const elsewhere = {
    DATABASE_URL: "postgres://checked@elsewhere/",
    ...(hasIssuer && { JWT_JWKS_URL: "https://checked.elsewhere/" }),
  };
  try {
    const known = configOf({ ...elsewhere, ...settings });
    return Object.keys(settings)
      .filter((name) => !(name in known))
      .map((name) => `${name} is not a setting; there are ${namesOf(known)}`);
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
}

function namesOf(known: object): string {
  return Object.keys(known)
    .filter((name) => WORKER_ONLY.test(name))
    .sort()
    .join(", ");
}
