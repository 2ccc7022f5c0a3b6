import { describe, expect, it } from "vitest";
import { isAllowedHost, isAllowedOrigin } from "../../../../src/http/access/allowed-hosts.ts";

describe("A-5 hosts", () => {
  it.each([
    "localhost",
    "a.localhost",
    "127.0.0.1",
    "[::1]",
    "192.168.0.5",
    "tape.lan",
    "x.example.com",
  ])("%s is served", (hostname) => {
    expect(isAllowedHost(hostname, ["tape.lan", "*.example.com"])).toBe(true);
  });

  it.each([
    "evil.example",
    "localhost.evil.example",
    "127.0.0.1.evil.example",
    "example.com",
    "xexample.com",
    "",
  ])("%s is not", (hostname) => {
    expect(isAllowedHost(hostname, ["tape.lan", "*.example.com"])).toBe(false);
  });
});

describe("A-6 origins", () => {
  const allowed = (origin: string, url: string, origins: string[] = []) =>
    isAllowedOrigin(origin, new URL(url), origins);

  it.each([
    ["http://127.0.0.1:8787", "http://127.0.0.1:8787/ws/A"],
    ["http://localhost:8787", "http://127.0.0.1:8787/ws/A"],
    ["http://[::1]:8787", "http://localhost:8787/ws/A"],
    // A proxy that ends TLS passes the name on and the scheme not.
    ["https://tape.example.com", "http://tape.example.com/ws/A"],
  ])("%s is ours at %s", (origin, url) => {
    expect(allowed(origin, url)).toBe(true);
  });

  it.each([
    ["https://evil.example", "http://127.0.0.1:8787/"],
    // Any program of this machine may serve pages.
    ["http://localhost:3000", "http://localhost:8787/"],
    ["http://localhost:8787", "http://192.168.0.5:8787/"],
    ["http://localhost:8787.evil.example", "http://localhost:8787/"],
    ["null", "http://127.0.0.1:8787/"],
    ["", "http://127.0.0.1:8787/"],
  ])("%s is another one at %s, unless it is allowed", (origin, url) => {
    expect(allowed(origin, url, ["https://desk.example.com"])).toBe(false);
    expect(allowed(origin, url, [origin])).toBe(true);
    expect(allowed(origin, url, ["*"])).toBe(true);
  });
});
