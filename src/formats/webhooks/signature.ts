/*
 * Signatures by Standard Webhooks 1.0 (https://www.standardwebhooks.com): symmetric, `v1`.
 */

const PREFIX = "whsec_";
const NEW_BYTES = 32;
const UTF8 = new TextEncoder();

export function newSecret(): string {
  return PREFIX + base64Of(crypto.getRandomValues(new Uint8Array(NEW_BYTES)));
}

/** What names a message whatever is in its id, the same for the same id; it holds no dot, which the signed text is joined by. */
export async function messageIdOf(id: string): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", UTF8.encode(id)));
  const hex = Array.from(digest.subarray(0, 16), (byte) => byte.toString(16).padStart(2, "0"));
  return `msg_${hex.join("")}`;
}

/**
 * The headers that sign a body sent at this second. `secrets`: each signs it, so that a receiver may have the former one for a while
 * yet.
 */
export async function signedHeaders(
  secrets: readonly string[],
  { id, atS, body }: { id: string; atS: number; body: string },
): Promise<Record<string, string>> {
  const signatures = secrets.map((secret) => signatureOf(secret, `${id}.${atS}.${body}`));
  return {
    "webhook-id": id,
    "webhook-timestamp": String(atS),
    "webhook-signature": (await Promise.all(signatures)).join(" "),
  };
}

async function signatureOf(secret: string, text: string): Promise<string> {
  const bytes = Uint8Array.from(atob(secret.slice(PREFIX.length)), (char) => char.charCodeAt(0));
  const kind = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", bytes, kind, false, ["sign"]);
  const signature = await crypto.subtle.sign("HMAC", key, UTF8.encode(text));
  return `v1,${base64Of(new Uint8Array(signature))}`;
}

function base64Of(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}
