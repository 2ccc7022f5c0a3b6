import { isIP } from "node:net";
import { configOf } from "../../src/config.ts";
import type { DeployEnvironment } from "./deploy-environment.ts";

/** What is known before anything is done. */
export interface DeployFacts {
  /** Name of the environment, and those there are. */
  environment: string;
  environments: ReadonlyMap<string, DeployEnvironment>;
  /** Names of the secrets that the Worker has there; null where it was not asked. */
  secrets: readonly string[] | null;
  /** Of this shell. */
  databaseUrl: string | undefined;
  databaseEndpoint: string | undefined;
  /** False: somebody has seen to the migrations. */
  migrates: boolean;
  /** Nothing is to be changed. */
  isDryRun: boolean;
}

export interface DeployStep {
  what: string;
  /** A program of the project's packages, and its words. Secrets come to it by environment alone. */
  command: readonly [string, ...string[]];
}

export type DeployPlan =
  | { kind: "plan"; steps: DeployStep[] }
  /** Each says what is missing, and the command that sets it. */
  | { kind: "refused"; problems: string[] };

/**
 * What a deploy does, in this order: nothing changes before all is known to build, and the database has what the new Worker needs
 * before that comes. The old Worker runs beside it for some minutes, so migrations only ever add.
 */
export function planDeploy(facts: DeployFacts): DeployPlan {
  const { environment, environments, migrates, isDryRun } = facts;
  const place = environments.get(environment);
  if (place === undefined) {
    const names = [...environments.keys()].join(", ");
    const problem = `wrangler.toml has no environment ${environment}; there are ${names}`;
    return { kind: "refused", problems: [problem] };
  }
  const problems = [
    ...problemsOfVars(facts, place),
    ...(isDryRun ? [] : problemsOfSecrets(facts, place)),
    ...(isDryRun || !migrates ? [] : problemsOfDatabase(facts)),
  ];
  if (problems.length > 0) return { kind: "refused", problems };
  const to = wranglerEnv(environment);
  const steps: DeployStep[] = [
    { what: "build the dashboard", command: ["node", "dev/build-web.ts"] },
    {
      what: "see whether the Worker packs",
      command: ["wrangler", "deploy", "--dry-run", "--outdir", "dist/worker", ...to],
    },
  ];
  if (isDryRun) return { kind: "plan", steps };
  if (migrates) {
    const { databaseEndpoint } = facts;
    const by = databaseEndpoint === undefined ? [] : ["--endpoint", databaseEndpoint];
    steps.push({
      what: "bring the database to this version",
      command: ["node", "dev/migrate.ts", ...by],
    });
  }
  steps.push({ what: `deploy ${place.name}`, command: ["wrangler", "deploy", ...to] });
  return { kind: "plan", steps };
}

/** Wrangler's word for an environment; what stands outside of them is the empty one. */
export function wranglerEnv(environment: string): string[] {
  return [`--env=${environment === "production" ? "" : environment}`];
}

function problemsOfVars({ secrets }: DeployFacts, { vars }: DeployEnvironment): string[] {
  // Secrets are known by their names alone; a dry run does not ask for those.
  const hasIssuer = secrets === null || secrets.includes("JWT_JWKS_URL");
  try {
    configOf({
      DATABASE_URL: "postgres://checked@elsewhere/",
      ...(hasIssuer && { JWT_JWKS_URL: "https://checked.elsewhere/" }),
      ...vars,
    });
    return [];
  } catch (error) {
    return [`wrangler.toml: ${(error as Error).message}`];
  }
}

function problemsOfSecrets(
  { secrets, environment }: DeployFacts,
  { vars }: DeployEnvironment,
): string[] {
  const has = (name: string) => secrets?.includes(name) === true || name in vars;
  const put = (name: string) =>
    `npx wrangler secret put ${name} ${wranglerEnv(environment).join(" ")}`;
  return [
    ...(has("DATABASE_URL")
      ? []
      : [
          `the Worker has no DATABASE_URL, by which it reaches the database: ${put("DATABASE_URL")}`,
        ]),
    ...(has("JWT_SECRET") || has("JWT_JWKS_URL")
      ? []
      : [
          `the Worker has no key for tokens: echo "$SECRET" | ${put("JWT_SECRET")}, with a SECRET that you keep, such as openssl rand -base64 33 prints; or, where an issuer signs them, ${put("JWT_JWKS_URL")}`,
        ]),
  ];
}

function problemsOfDatabase({ databaseUrl, databaseEndpoint }: DeployFacts): string[] {
  const how =
    "say DATABASE_URL=postgres://... npm run deploy, or --no-migrate where it is at this version";
  if (databaseUrl === undefined)
    return [`migrations need the database's address, and Cloudflare tells no secret: ${how}`];
  if (!/^postgres(ql)?:\/\//.test(databaseUrl) || !URL.canParse(databaseUrl))
    return [`DATABASE_URL is no postgres:// address: ${how}`];
  const { hostname } = new URL(databaseUrl);
  if (databaseEndpoint === undefined && (hostname === "localhost" || isIP(hostname) !== 0)) {
    return [
      `Cloudflare reaches no Postgres at ${hostname}: run npm run database beside it and say DATABASE_ENDPOINT=https://... too (docs/guides/deploy.md)`,
    ];
  }
  return [];
}
