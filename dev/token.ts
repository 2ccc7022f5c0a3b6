import { parseArgs } from "node:util";
import { mintToken } from "./mint-token.ts";
import { signingSecret } from "./secrets.ts";
import { readSettings } from "./settings.ts";
import { readTokenRequest, TOKEN_OPTIONS } from "./token-request.ts";

const read = readSettings(process.env, process.cwd());
if (read.kind === "invalid") fail(read.problems.join("\n"));
const secret = signingSecret(read.settings);
if (secret === undefined) {
  fail("JWT_JWKS_URL is set and JWT_SECRET is not: the issuer it names makes the tokens.");
}

const request = readTokenRequest(parse());
if (request.kind === "invalid") fail(request.problem);
const token = await mintToken(secret, request.claims, Math.floor(Date.now() / 1000));
process.stdout.write(`${token}\n`);

function parse(): Record<string, string | string[] | undefined> {
  try {
    return parseArgs({ options: TOKEN_OPTIONS }).values;
  } catch (error) {
    fail(error instanceof Error ? error.message : String(error));
  }
}

function fail(problem: string): never {
  process.stderr.write(`${problem}\n`);
  process.exit(1);
}
