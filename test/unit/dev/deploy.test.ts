import { readFileSync } from "node:fs";
import { parse } from "smol-toml";
import { describe, expect, it } from "vitest";
import { deployEnvironments } from "../../../dev/deploy/deploy-environment.ts";
import { type DeployFacts, planDeploy } from "../../../dev/deploy/plan-deploy.ts";

const TOML = readFileSync("wrangler.toml", "utf8");
const FACTS: DeployFacts = {
  ...{ environment: "production", environments: deployEnvironments(TOML) },
  secrets: ["DATABASE_URL", "JWT_SECRET"],
  databaseUrl: "postgres://edgetape:hunter2@ep-one.neon.tech/edgetape",
  databaseEndpoint: undefined,
  ...{ migrates: true, isDryRun: false },
};

const commandsOf = (facts: Partial<DeployFacts>) => {
  const plan = planDeploy({ ...FACTS, ...facts });
  return plan.kind === "plan" ? plan.steps.map(({ command }) => command.join(" ")) : plan.problems;
};

describe("npm run deploy", () => {
  it("changes the database only once all packs, and before the Worker; and puts no secret on a command line", () => {
    expect(commandsOf({})).toEqual([
      "node dev/build-web.ts",
      "wrangler deploy --dry-run --outdir dist/worker --env=",
      "node dev/migrate.ts",
      "wrangler deploy --env=",
    ]);
    expect(commandsOf({ environment: "staging", migrates: false, databaseUrl: undefined })).toEqual(
      [
        "node dev/build-web.ts",
        "wrangler deploy --dry-run --outdir dist/worker --env=staging",
        "wrangler deploy --env=staging",
      ],
    );
  });

  it("changes nothing in a dry run, which needs neither account nor database", () => {
    const commands = commandsOf({ isDryRun: true, secrets: null, databaseUrl: undefined });
    expect(commands).toHaveLength(2);
    expect(commands[1]).toContain("--dry-run");
  });

  it("says all that is missing, and the command that sets it", () => {
    const missing = { environment: "staging", secrets: [], databaseUrl: undefined };
    expect(commandsOf(missing)).toEqual([
      expect.stringContaining("npx wrangler secret put DATABASE_URL --env=staging"),
      expect.stringContaining("npx wrangler secret put JWT_SECRET --env=staging"),
      expect.stringContaining("DATABASE_URL=postgres://... npm run deploy"),
    ]);
    expect(commandsOf({ secrets: ["DATABASE_URL", "JWT_JWKS_URL"] })).toHaveLength(4);
    expect(commandsOf({ environment: "prod" })).toEqual([
      "wrangler.toml has no environment prod; there are production, staging",
    ]);
  });

  it("refuses a database that Cloudflare does not reach, and variables that the Worker would refuse", () => {
    const here = { databaseUrl: "postgres://me@127.0.0.1/tape" };
    expect(commandsOf(here)).toEqual([expect.stringContaining("DATABASE_ENDPOINT=https://")]);
    expect(commandsOf({ ...here, databaseEndpoint: "https://db.example/sql" })[2]).toBe(
      "node dev/migrate.ts --endpoint https://db.example/sql",
    );
    expect(commandsOf({ databaseUrl: "mysql://x" })).toEqual([expect.stringContaining("is no")]);
    const vars = { KEEP_RAW_DAYS: "many" };
    const environments = new Map([["production", { name: "edgetape", vars }]]);
    expect(commandsOf({ environments })).toEqual([
      expect.stringContaining("KEEP_RAW_DAYS must be a number"),
    ]);
  });

  it("A-10 asks for the issuer of whose tokens a variable speaks, which is a secret", () => {
    const vars = { JWT_AUDIENCE: "edgetape" };
    const environments = new Map([["production", { name: "edgetape", vars }]]);
    expect(commandsOf({ environments })).toEqual([expect.stringContaining("JWT_AUDIENCE is of")]);
    const secrets = ["DATABASE_URL", "JWT_JWKS_URL"];
    expect(commandsOf({ environments, secrets })).toHaveLength(4);
    expect(commandsOf({ environments, secrets: null, isDryRun: true })).toHaveLength(2);
  });

  it("finds the same objects and variables in each environment", () => {
    type Place = { durable_objects: { bindings: unknown[] }; vars: Record<string, string> };
    const { env, ...production } = parse(TOML) as unknown as Place & { env: Record<string, Place> };
    for (const place of Object.values(env)) {
      expect(place.durable_objects.bindings).toEqual(production.durable_objects.bindings);
      expect(Object.keys(place.vars)).toEqual(Object.keys(production.vars));
    }
  });
});
