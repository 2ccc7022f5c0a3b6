import { parseArgs } from "node:util";
import { answerHelp } from "./cli/answer-help.ts";
import { mintToken } from "./cli/mint-token.ts";
import { readTokenRequest, TOKEN_OPTIONS, USAGE } from "./cli/token-request.ts";
import { runningOn } from "./data-folder/folder-lock.ts";
import { environmentOfProduct } from "./data-folder/running-products.ts";
import { secretFor } from "./data-folder/secrets.ts";
import { readSettings, type Settings } from "./product/settings.ts";

answerHelp(USAGE);

const read = readSettings(environment(), process.cwd());
if (read.kind === "invalid") fail(read.problems.join("\n"));
const secret = secretOf(read.settings);

const request = readTokenRequest(parse());
if (request.kind === "invalid") fail(request.problem);
const token = await mintToken(secret, request.claims, Math.floor(Date.now() / 1000));
process.stdout.write(`${token}\n`);

function parse(): Record<string, string | string[] | undefined> {
  try {
    return parseArgs({ options: TOKEN_OPTIONS }).values;
  } catch (error) {
    fail(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
  }
}

function secretOf(settings: Settings): string {
  try {
    return secretFor(settings, runningOn(settings.dataDir)?.signer);
  } catch (error) {
    fail(error instanceof Error ? error.message : String(error));
  }
}

function environment(): Record<string, string | undefined> {
  try {
    return environmentOfProduct(process.env, process.cwd());
  } catch (error) {
    fail(error instanceof Error ? error.message : String(error));
  }
}

function fail(problem: string): never {
  process.stderr.write(`${problem}\n`);
  process.exit(1);
}
