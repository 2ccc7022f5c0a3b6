import * as z from "zod";
import type { AllowedHost } from "./core/webhooks/allowed-host.ts";

/**
 * Whose word on a client's address is taken: nobody's, that of the proxies with these addresses (in their
 * `X-Forwarded-For`), or Cloudflare's (in `CF-Connecting-IP`).
 */
export type TrustedProxies =
  | { kind: "none" }
  | { kind: "cloudflare" }
  | { kind: "proxies"; addresses: readonly string[] };

const HOST_PATTERN = /^(\*|(\*\.)?[a-z0-9]([a-z0-9._-]*[a-z0-9])?)$/;
const ADDRESS_PATTERN = /^(\d+(\.\d+){3}|[0-9a-f]*:[0-9a-f:.]+|loopback)$/;

const list = z.string().transform((text) =>
  text
    .split(",")
    .map((part) => part.trim().toLowerCase())
    .filter((part) => part !== ""),
);

/** `ALLOWED_HOSTS`: names in which a `*` in front stands for any part. */
export const hosts = list.refine((parts) => parts.every((part) => HOST_PATTERN.test(part)), {
  error: "must be host names without ports, joined by commas, such as tape.example.com,*.lan",
});

/** `ALLOWED_ORIGINS`: as browsers write them, or `*` for all. */
export const origins = list.refine((parts) => parts.every(isOrigin), {
  error: "must be origins joined by commas, such as https://desk.example.com, or *",
});

function isOrigin(text: string): boolean {
  return text === "*" || (URL.canParse(text) && new URL(text).origin === text);
}

/** `TRUST_PROXY`: `none`, `cloudflare`, or addresses, among which `loopback` stands for all of this machine's. */
export const trustedProxies = list
  .refine((parts) => isWord(parts) || parts.every((part) => ADDRESS_PATTERN.test(part)), {
    error: "must be none, cloudflare, or the addresses of proxies joined by commas (or loopback)",
  })
  .transform((parts): TrustedProxies => {
    if (parts.length === 0) return { kind: "none" };
    return isWord(parts) ? { kind: parts[0] } : { kind: "proxies", addresses: parts };
  });

function isWord(parts: readonly string[]): parts is readonly ["none" | "cloudflare"] {
  return parts.length === 1 && (parts[0] === "none" || parts[0] === "cloudflare");
}

/** A host with or without a port; an address of IPv6 in brackets. */
const HOST_AND_PORT = /^(\[[0-9a-f:.]+\]|[a-z0-9]([a-z0-9._-]*[a-z0-9])?)(?::(\d{1,5}))?$/;

/** `ALLOWED_WEBHOOK_HOSTS`: hosts of the operator's own network that webhooks may go to. */
export const webhookHosts = list
  .refine((parts) => parts.every((part) => HOST_AND_PORT.test(part) && hostIn(part) !== null), {
    error:
      "must be hosts with or without ports, joined by commas, such as alerts.lan,10.0.0.7:9000",
  })
  .transform((parts) => parts.map((part) => hostIn(part) as AllowedHost));

/** In the form in which a URL holds it. */
function hostIn(text: string): AllowedHost | null {
  const [, host = "", , port = null] = HOST_AND_PORT.exec(text) ?? [];
  const url = `http://${host}/`;
  return URL.canParse(url) ? { host: new URL(url).hostname, port } : null;
}
