import { shorten } from "../../core/answers/shorten.ts";
import type { AllowedHost } from "../../core/webhooks/allowed-host.ts";
import { isPublicAddress } from "../../core/webhooks/ip-address.ts";

/** Where a webhook may go. `public`: over the public net alone; `allowed`: the operator has named the host. */
export type AddressVerdict =
  | { kind: "public" | "allowed"; url: string }
  | { kind: "refused"; why: string };

const MOST_CHARS = 2_000;

/** Ends of names that only a network of somebody's own knows (RFC 6761, 6762, 8375, and what routers and clouds make up). */
const OWN_NETWORK =
  /(^|\.)(localhost|localdomain|local|internal|intranet|private|corp|home|lan|home\.arpa)$/;

/**
 * May a webhook go there? `url` is as it will be asked: an address of IPv4 in any form (`0x7f.1`, `2130706433`) is four numbers in it. A
 * name that leads to a private address is not found out here: on one machine the network that public webhooks go over does not connect
 * to any (`dev/build/capnp-config.ts`), and on Cloudflare there is none.
 */
export function judgeAddress(text: string, allowed: readonly AllowedHost[]): AddressVerdict {
  if (text.length > MOST_CHARS) return refused(`must be at most ${MOST_CHARS} characters`);
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null) return refused("must be a URL, such as https://example.com/alerts");
  const { protocol, port } = url;
  if (protocol !== "https:" && protocol !== "http:") {
    return refused(`must begin with https://, and not with ${shorten(protocol, 20)}`);
  }
  if (url.username !== "" || url.password !== "") {
    return refused("must hold no user and no password: the signature says who sends it");
  }
  url.hash = "";
  // With the dot of the root behind it a name is the same.
  url.hostname = url.hostname.replace(/\.$/, "");
  const { hostname: host } = url;
  const ownPort = port === "" ? (protocol === "https:" ? "443" : "80") : port;
  if (allowed.some((one) => one.host === host && (one.port ?? ownPort) === ownPort)) {
    return { kind: "allowed", url: url.href };
  }
  const named = `${shorten(host, 100)} in ALLOWED_WEBHOOK_HOSTS`;
  if (protocol === "http:") {
    return refused(
      `must begin with https://; http is for hosts that the operator names, as ${named}`,
    );
  }
  const isOpen =
    isPublicAddress(host) ?? (host.includes(".") && !host.endsWith(".") && !OWN_NETWORK.test(host));
  return isOpen
    ? { kind: "public", url: url.href }
    : refused(
        `must be on the public net; a host of your own network is one that the operator names, as ${named}`,
      );
}

function refused(why: string): AddressVerdict {
  return { kind: "refused", why };
}
