import * as z from "zod";
import { hosts, origins, trustedProxies, webhookHosts } from "./access-settings.ts";
import { dedicatedSymbols, hostLocation, roomHosts } from "./placement-settings.ts";

const count = (fallback: number) =>
  z.coerce
    .number({ error: "must be a number" })
    .int({ error: "must be a whole number" })
    .nonnegative({ error: "must not be negative; 0 switches it off" })
    .default(fallback);

/** The text of one claim; a list of them, or none, would be a setting that nobody meant. */
const claim = z
  .string()
  .regex(/^[^\s,]+$/, { error: "must be one claim, without commas and blanks" });

/** The settings of the Worker and its Durable Objects, each under the name it has in the environment. */
const settingsSchema = z.object({
  DATABASE_URL: z
    .string({ error: "is missing: set the connection string of Postgres" })
    .regex(/^postgres(ql)?:\/\/\S+$/, { error: "must begin with postgres:// or postgresql://" }),
  /** Where the Neon HTTP protocol is spoken for that database; absent for Neon itself. */
  DATABASE_ENDPOINT: z.url({ error: "must be an http or https address" }).optional(),
  JWT_SECRET: z
    .string()
    .min(32, { error: "must have at least 32 characters: HS256 asks for 256 bits (RFC 7518, 3.2)" })
    .optional(),
  JWT_JWKS_URL: z.url({ error: "must be an http or https address" }).optional(),
  /** A token of that issuer must be for this audience (`aud`), and say that it is the issuer's (`iss`); absent: for any. */
  JWT_AUDIENCE: claim.optional(),
  JWT_ISSUER: claim.optional(),
  /** `local`: without a token reads only who is on this machine and comes without a proxy. */
  PUBLIC_READ: z
    .enum(["true", "false", "local"], { error: "must be true, false or local" })
    .default("false")
    .transform((text) => (text === "local" ? text : text === "true")),
  /** Names that may stand in `Host` beside loopback's and bare addresses; absent: any, where the platform routes by them. */
  ALLOWED_HOSTS: hosts.optional(),
  /** Origins of pages elsewhere that may read answers, open sockets and write. */
  ALLOWED_ORIGINS: origins.default([]),
  /** Origins of pages elsewhere that may show `/embed/SYMBOL` in a frame. */
  EMBED_ORIGINS: origins.default([]),
  /** Hosts of the operator's own that webhooks may go to though they are not on the public net. On Cloudflare there are none. */
  ALLOWED_WEBHOOK_HOSTS: webhookHosts.default([]),
  TRUST_PROXY: trustedProxies.default({ kind: "none" }),
  LOG_LEVEL: z
    .enum(["debug", "info", "warning", "error"], {
      error: "must be debug, info, warning or error",
    })
    .default("info"),
  /** Hosts that share the symbols; 0: each symbol has a host of its own. */
  ROOM_HOSTS: roomHosts.default(1),
  /** Globs of symbols that have a host of their own all the same. */
  ROOM_DEDICATED: dedicatedSymbols.default([]),
  /** On Cloudflare: near which place objects are made that are not there yet; absent: near whoever asks first. */
  HOST_LOCATION: hostLocation.optional(),
  /** On Cloudflare: `regions` gives viewers a relay near them; on one machine it is decided by who accepted them. */
  RELAYS: z.enum(["off", "regions"], { error: "must be off or regions" }).default("off"),
  /** The label, or attribute, that names the symbol in formats which have none (SPEC O-1). */
  SYMBOL_LABEL: z
    .string()
    .regex(/^\S{1,200}$/, { error: "must be the name of a label" })
    .default("symbol"),
  WRITER_SHARDS: z.coerce.number().int().min(1).max(64).default(1),
  /** Days that raw points and trades are kept; what is rolled up of them stays. */
  KEEP_RAW_DAYS: count(90),
  /** Days that rollups and bars of a minute are kept; those of an hour and a day stay without end. */
  KEEP_MINUTES_DAYS: count(365),
  /** Days that log lines are kept. */
  KEEP_LOG_DAYS: count(7),
  /** Days that changes of alerts are kept. */
  KEEP_ALERT_DAYS: count(365),
  /** Days after which raw data is compressed, where the database can. */
  COMPRESS_AFTER_DAYS: count(7),
  /** There are objects of the first edition, where each room was one: what they have is carried over. */
  FIRST_EDITION: z
    .enum(["true", "false"], { error: "must be true or false" })
    .default("false")
    .transform((text) => text === "true"),
  LIMIT_DATABASE_BYTES: count(50_000_000_000),
  LIMIT_BODY_BYTES: count(1_048_576),
  LIMIT_UNZIPPED_BYTES: count(8_388_608),
  /** Events of one request. */
  LIMIT_EVENTS: count(20_000),
  /** Queries of the database that run at once in one isolate, and those of one reader among them. */
  LIMIT_QUERIES: count(6),
  LIMIT_QUERIES_PER_READER: count(3),
  LIMIT_OUTBOX_BYTES: count(1_073_741_824),
  LIMIT_MESSAGE_BYTES: count(65_536),
  LIMIT_MESSAGES_PER_SECOND: count(1_000),
  LIMIT_CONNECTS_PER_MINUTE: count(10),
  LIMIT_SOCKETS_PER_VIEWER: count(100),
  LIMIT_VIEWERS: count(32_000),
  /** Series of a room. */
  LIMIT_SERIES: count(20_000),
  /** Rules of alerts. */
  LIMIT_ALERT_RULES: count(1_000),
  /** Symbols that nobody has pushed before, a minute of one token's holder. */
  LIMIT_NEW_ROOMS: count(5_000),
  /** What `npm start` lets a runtime have open; absent where the platform has no such limit. */
  RUNTIME_DESCRIPTORS: z.coerce.number().int().positive().optional(),
  /** Connections are accepted by the guard in this runtime's place. */
  GUARDED: z
    .enum(["true", "false"])
    .default("false")
    .transform((text) => text === "true"),
  /** On one machine: how many runtimes there are, and which of them this one is. */
  RUNTIMES: z.coerce.number().int().min(1).default(1),
  RUNTIME: z.coerce.number().int().nonnegative().default(0),
  /** The runtime that has the Writers of all; absent where each has its own. */
  WRITER_RUNTIME: z.coerce.number().int().positive().optional(),
});

/** Minutes outlive the raw data they are made of, or a late event would have nothing to correct. */
const checkedSchema = settingsSchema
  .refine(
    ({ KEEP_RAW_DAYS: raw, KEEP_MINUTES_DAYS: minutes }) =>
      minutes === 0 || (raw > 0 && raw <= minutes),
    {
      path: ["KEEP_MINUTES_DAYS"],
      error: "must not be less than KEEP_RAW_DAYS; 0 keeps them without end",
    },
  )
  .superRefine((settings, context) => {
    if (settings.JWT_JWKS_URL !== undefined) return;
    for (const name of ["JWT_AUDIENCE", "JWT_ISSUER"] as const) {
      if (settings[name] === undefined) continue;
      const message = "is of tokens of an issuer, and JWT_JWKS_URL names none";
      context.addIssue({ code: "custom", path: [name], message });
    }
  });

export type Config = z.infer<typeof settingsSchema>;

const known = new WeakMap<object, Config>();

/** The settings of `env`, checked once for each isolate. Throws an error that names each wrong setting. */
export function configOf(env: object): Config {
  const cached = known.get(env);
  if (cached !== undefined) return cached;
  const parsed = checkedSchema.safeParse(env);
  if (!parsed.success) {
    const issues = parsed.error.issues.map((issue) => `${issue.path.join(".")} ${issue.message}`);
    throw new Error(`Edgetape's settings are wrong: ${issues.join("; ")}`);
  }
  known.set(env, parsed.data);
  return parsed.data;
}
