/** Of an address and how many of its bits name the network. */
type Network = readonly [address: bigint, bits: number];

/** Networks of IPv4 that are nobody's on the public net, or everybody's (IANA's registry of special-purpose addresses, and multicast). */
const V4_CLOSED: readonly Network[] = [
  ...["0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16"],
  ...["172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16"],
  ...["198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"],
].map((text) => networkOf(text, v4Of));

/** The one network that IANA gives public addresses of IPv6 from; mapped, translated, local ones and multicast are not in it. */
const V6_OPEN = networkOf("2000::/3", v6Of);
/** In it, but protocols' own (Teredo among them), 6to4, which holds an address of IPv4, and documentation. */
const V6_CLOSED: readonly Network[] = ["2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"].map(
  (text) => networkOf(text, v6Of),
);

/**
 * Is it an address of the public net? `host` is as a URL holds it: IPv4 as four decimal numbers, IPv6 in brackets. Null where it is
 * a name.
 */
export function isPublicAddress(host: string): boolean | null {
  if (host.startsWith("[")) {
    const address = v6Of(host.slice(1, -1));
    return isIn(address, V6_OPEN, 128) && !V6_CLOSED.some((one) => isIn(address, one, 128));
  }
  if (!/^\d{1,3}(\.\d{1,3}){3}$/.test(host)) return null;
  const address = v4Of(host);
  return !V4_CLOSED.some((one) => isIn(address, one, 32));
}

function isIn(address: bigint, [network, bits]: Network, width: number): boolean {
  const rest = BigInt(width - bits);
  return address >> rest === network >> rest;
}

function networkOf(text: string, addressOf: (text: string) => bigint): Network {
  const [address = "", bits] = text.split("/");
  return [addressOf(address), Number(bits)];
}

function v4Of(text: string): bigint {
  return text.split(".").reduce((sum, part) => sum * 256n + BigInt(part), 0n);
}

/** As a URL writes it, which is in groups of hexadecimal digits alone. */
function v6Of(text: string): bigint {
  const [before = [], after = []] = text
    .split("::")
    .map((half) => half.split(":").filter((group) => group !== ""));
  const zeros = new Array<string>(8 - before.length - after.length).fill("0");
  return [...before, ...zeros, ...after].reduce(
    (sum, group) => sum * 0x1_0000n + BigInt(`0x${group}`),
    0n,
  );
}
