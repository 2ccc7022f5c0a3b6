import { createHash, randomBytes } from "node:crypto";
import { existsSync, linkSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Settings } from "../product/settings.ts";
import { syncFolder, writeDurably } from "./durable-file.ts";

/** The secrets a data folder keeps: who may sign tokens, and who may speak to the database endpoint. */
export type SecretName = "jwt" | "database";

/**
 * Returns the secret `name` of `dataDir`, made on first use: 32 random bytes in base64url, readable by the owner
 * alone. Two processes that ask at once get the same one.
 */
export function keptSecret(dataDir: string, name: SecretName): string {
  const path = join(dataDir, `${name}.secret`);
  const found = readSecret(path);
  if (found !== undefined) return found;
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const draft = `${path}.${process.pid}`;
  writeDurably(draft, `${randomBytes(32).toString("base64url")}\n`);
  try {
    // A link appears whole or not at all, and never over another one: the first process wins.
    linkSync(draft, path);
    syncFolder(dataDir);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  } finally {
    rmSync(draft, { force: true });
  }
  const kept = readSecret(path);
  if (kept === undefined) throw new Error(`cannot read the secret that was just written: ${path}`);
  return kept;
}

/**
 * The key that signs tokens on this machine: JWT_SECRET, or the one the data folder keeps. Undefined where an issuer
 * elsewhere signs them (JWT_JWKS_URL), for then no other is taken.
 */
export function signingSecret(settings: Settings): string | undefined {
  if (settings.jwtJwksUrl !== undefined) return undefined;
  return settings.jwtSecret ?? keptSecret(settings.dataDir, "jwt");
}

/** Who signs the tokens that a product takes: of a secret its digest, which a lock file may hold. */
export function signerOf(secret: string | undefined): string {
  if (secret === undefined) return ISSUER;
  return createHash("sha256").update(secret).digest("base64url");
}

const ISSUER = "issuer";

/**
 * The key for tokens of the product of `settings`, in another terminal than its own perhaps.
 *
 * @param signer of the product that runs there, if one does.
 * @throws {Error} where this terminal cannot sign for it, with what to do.
 */
export function secretFor(settings: Settings, signer: string | undefined): string {
  const { jwtSecret, jwtJwksUrl, dataDir } = settings;
  const isMade = jwtSecret === undefined && jwtJwksUrl === undefined;
  // A secret that would be made here is no product's.
  if (isMade && signer === undefined && !existsSync(dataDir)) {
    throw new Error(
      `no product is at ${dataDir}: start one with npm start, name the folder of another by DATA_DIR, or its key by JWT_SECRET`,
    );
  }
  const secret = signingSecret(settings);
  if (secret === undefined || signer === ISSUER) {
    throw new Error("tokens come from the issuer that JWT_JWKS_URL names: no other is taken");
  }
  if (signer !== undefined && signer !== signerOf(secret)) {
    throw new Error(
      `the product on ${settings.dataDir} was started with another JWT_SECRET than is set here: set the same one, or, for a token of another server, DATA_DIR=none`,
    );
  }
  return secret;
}

function readSecret(path: string): string | undefined {
  try {
    const text = readFileSync(path, "utf8").trim();
    if (text !== "") return text;
    // A power cut has emptied one of before it was written durably. What it signed is worth nothing any more.
    rmSync(path);
    return undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
