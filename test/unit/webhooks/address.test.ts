import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { configOf } from "../../../src/config.ts";
import { judgeAddress } from "../../../src/formats/webhooks/address.ts";

const judge = (url: string, hosts = "") => {
  const { ALLOWED_WEBHOOK_HOSTS: allowed } = configOf({
    ...{ DATABASE_URL: "postgres://checked@elsewhere/", ALLOWED_WEBHOOK_HOSTS: hosts },
  });
  return judgeAddress(url, allowed);
};

describe("WH-7 where a webhook may go", () => {
  it.each([
    "https://example.com/alerts?room=1",
    "https://8.8.8.8:8443/",
    "https://[2606:4700::1111]/",
    "https://bücher.example/",
    "https://100.63.255.255/",
    "https://100.128.0.0/",
    "https://172.15.0.1/",
    "https://172.32.0.1/",
    "https://223.255.255.255/",
  ])("%s is on the public net", (url) => {
    expect(judge(url)).toEqual({ kind: "public", url: new URL(url).href });
  });

  it.each([
    ...["https://localhost/", "https://LOCALHOST./", "https://a.localhost/", "https://router/"],
    ...["https://printer.local/", "https://metadata.google.internal/", "https://a.home.arpa/"],
    ...["https://127.0.0.1/", "https://127.1/", "https://2130706433/", "https://0x7f.0.0.1/"],
    ...["https://0177.0.0.1/", "https://017700000001/", "https://0/", "https://%31%32%37.0.0.1/"],
    ...["https://①②⑦.0.0.1/", "https://127。0。0。1/", "https://127.0.0.1./"],
    ...["https://10.1.2.3/", "https://172.16.0.1/", "https://172.31.255.255/"],
    ...["https://192.168.1.1/", "https://169.254.169.254/latest/meta-data/", "https://100.64.0.1/"],
    ...["https://100.127.255.255/", "https://224.0.0.1/", "https://255.255.255.255/"],
    ...["https://198.18.0.1/", "https://192.0.2.1/", "https://[::1]/", "https://[::]/"],
    ...["https://[::ffff:127.0.0.1]/", "https://[::ffff:8.8.8.8]/", "https://[::127.0.0.1]/"],
    ...["https://[fe80::1]/", "https://[fc00::1]/", "https://[fdff::1]/", "https://[fec0::1]/"],
    ...["https://[ff02::1]/", "https://[64:ff9b::7f00:1]/", "https://[2002:7f00:1::]/"],
    ...["https://[2001::1]/", "https://[2001:db8::1]/", "https://localhost../"],
  ])("%s is not", (url) => {
    expect(judge(url)).toEqual({ kind: "refused", why: expect.stringContaining("public net") });
  });

  it.each([
    ["http://example.com/", "must begin with https://; http is for hosts"],
    ["file:///etc/passwd", "and not with file:"],
    ["gopher://example.com/", "and not with gopher:"],
    ["https://user:word@example.com/", "no user and no password"],
    ["https://word@example.com/", "no user and no password"],
    ["example.com", "must be a URL"],
    ["https://", "must be a URL"],
    ["https://[fe80::1%25eth0]/", "must be a URL"],
    [`https://example.com/${"x".repeat(2_000)}`, "at most 2000 characters"],
  ])("%s is refused in words", (url, why) => {
    expect(judge(url)).toEqual({ kind: "refused", why: expect.stringContaining(why) });
  });

  it("lets it to hosts that the operator names, on their ports, over http too", () => {
    const hosts = "alerts.lan, 10.0.0.7:9000,127.1:80,[::1]:8443";
    for (const [url, asked] of [
      ["http://alerts.lan:81/a#b", "http://alerts.lan:81/a"],
      ["https://Alerts.LAN./", "https://alerts.lan/"],
      ["http://10.0.0.7:9000/", "http://10.0.0.7:9000/"],
      ["http://2130706433/", "http://127.0.0.1/"],
      ["https://[0::1]:8443/", "https://[::1]:8443/"],
    ] as const) {
      expect(judge(url, hosts)).toEqual({ kind: "allowed", url: asked });
    }
    for (const url of ["http://10.0.0.7/", "https://127.0.0.1/", "http://sub.alerts.lan/"]) {
      expect(judge(url, hosts).kind).toBe("refused");
    }
    expect(judge("https://example.com/", hosts).kind).toBe("public");
  });

  it("no setting that names nothing is taken", () => {
    for (const hosts of ["*", "*.lan", "http://a.lan", "10.0.0.0/8", "a b", "999.1.1.1"]) {
      expect(() => judge("https://example.com/", hosts)).toThrow(/ALLOWED_WEBHOOK_HOSTS must be/);
    }
  });

  it("no form of writing a private address leads there", () => {
    const octet = fc.integer({ min: 0, max: 255 });
    const forms = fc.constantFrom(
      (n: number) => String(n),
      (n: number) => `0x${n.toString(16)}`,
      (n: number) => `0${n.toString(8)}`,
      (n: number) => [24, 16, 8, 0].map((by) => (n >>> by) & 255).join("."),
      (n: number) => `[::ffff:${(n >>> 16).toString(16)}:${(n & 0xffff).toString(16)}]`,
      (n: number) => `[64:ff9b::${(n >>> 16).toString(16)}:${(n & 0xffff).toString(16)}]`,
      (n: number) => `[2002:${(n >>> 16).toString(16)}:${(n & 0xffff).toString(16)}::1]`,
    );
    const first = fc.constantFrom(0x7f, 0x0a, 0xa9fe, 0xc0a8, 0xac10);
    fc.assert(
      fc.property(first, octet, octet, octet, forms, (head, b, c, d, form) => {
        const top = head > 255 ? head * 65_536 : head * 16_777_216 + b * 65_536;
        const verdict = judge(`https://${form(top + c * 256 + d)}/`);
        expect(verdict.kind).toBe("refused");
      }),
    );
  });
});
