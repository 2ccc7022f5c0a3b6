import { globFault } from "../../src/protocol/words/symbol.ts";
import { SCOPES, type Scope, type TokenClaims } from "./mint-token.ts";

export const TOKEN_OPTIONS = {
  scope: { type: "string", multiple: true },
  symbols: { type: "string", multiple: true },
  ttl: { type: "string" },
  sub: { type: "string" },
} as const;

export const USAGE = `npm run -s token -- --scope "read write"    prints a token for this machine's product
  --scope read       what it may: read, write or admin, which is both
  --symbols 'BTC-*'  whose: patterns in which * is any run of characters; without it every symbol
  --ttl 1h           how long: 90s, 15m, 1h, 30d
  --sub gateway      who it is`;

export type TokenRequest =
  | { kind: "claims"; claims: TokenClaims }
  | { kind: "invalid"; problem: string };

const DEFAULT_TTL = "1h";
const SECONDS = { s: 1, m: 60, h: 3_600, d: 86_400 } as const;

/**
 * Turns the options of `npm run token` into claims. Lists may be repeated, or parted by commas.
 */
export function readTokenRequest(
  options: Record<string, string | string[] | undefined>,
): TokenRequest {
  const scopes = listOf(options["scope"]);
  if (scopes.length === 0)
    return invalid(`--scope is missing: one or more of ${SCOPES.join(", ")}`);
  const wrongScope = scopes.find((scope) => !isScope(scope));
  if (wrongScope !== undefined) {
    return invalid(`--scope ${wrongScope} is unknown: one or more of ${SCOPES.join(", ")}`);
  }

  // No symbol has a comma, and some have spaces.
  const symbols = options["symbols"] === undefined ? undefined : listOf(options["symbols"], /,/);
  if (symbols?.length === 0) return invalid("--symbols is empty; leave it out for every symbol");
  const wrongGlob = symbols?.find((glob) => globFault(glob) !== null);
  if (wrongGlob !== undefined)
    return invalid(
      `--symbols ${wrongGlob} is not a glob such as 'BTC-*': letters, digits and what else symbols have, parted by commas; * is any run of characters, and \\* the star itself`,
    );

  const ttl = String(options["ttl"] ?? DEFAULT_TTL);
  const ttlSeconds = secondsOf(ttl);
  if (ttlSeconds === undefined)
    return invalid(`--ttl ${ttl} is not a time such as 90s, 15m, 1h or 30d`);

  const subject = options["sub"];
  return {
    kind: "claims",
    claims: {
      scopes: scopes.filter(isScope),
      symbols,
      subject: typeof subject === "string" ? subject : undefined,
      ttlSeconds,
    },
  };
}

/** Seconds of a duration such as `90s`, `15m`, `6h` or `30d`; undefined for anything else, zero included. */
export function secondsOf(text: string): number | undefined {
  const match = /^(\d{1,6})([smhd])$/.exec(text);
  const seconds = Number(match?.[1]) * SECONDS[match?.[2] as keyof typeof SECONDS];
  return seconds > 0 ? seconds : undefined;
}

function listOf(value: string | string[] | undefined, comma = /[\s,]+/): string[] {
  const texts = typeof value === "string" ? [value] : (value ?? []);
  return texts
    .flatMap((text) => text.split(comma))
    .map((text) => text.trim())
    .filter((text) => text !== "");
}

function isScope(text: string): text is Scope {
  return (SCOPES as readonly string[]).includes(text);
}

function invalid(problem: string): TokenRequest {
  return { kind: "invalid", problem };
}
