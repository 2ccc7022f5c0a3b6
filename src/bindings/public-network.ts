import { configOf } from "../config.ts";
import type { AllowedHost } from "../core/webhooks/allowed-host.ts";
import type { Env } from "./env.ts";

/** Hosts of the operator's own that webhooks may go to. On Cloudflare no network is private to anybody, and there are none. */
export function allowedWebhookHosts(env: Env): readonly AllowedHost[] {
  return env.PUBLIC_NETWORK === undefined ? [] : configOf(env).ALLOWED_WEBHOOK_HOSTS;
}

type Ask = (url: string, init: RequestInit) => Promise<Response>;

/**
 * Asks over a network that connects to public addresses alone, whatever a name leads to at that moment. Cloudflare's own is one; on
 * one machine the runtime's configuration has it beside the other.
 */
export function publicFetch({ PUBLIC_NETWORK: network }: Env): Ask {
  return network === undefined
    ? (...asked) => fetch(...asked)
    : (...asked) => network.fetch(...asked);
}
