import { describe, expect, it } from "vitest";
import router from "../../../../dev/build/asset-router.ts";

const FILES: Record<string, string> = {
  "/index.html": "<!doctype html>",
  "/docs.html": "<!doctype html><title>HTTP API</title>",
  "/assets/main-Bx3dE9_a.js": "run()",
  "/favicon.svg": "<svg/>",
  "/edgetape.py": "import json",
};

/** A disk service as workerd's: no content types, folders as listings. */
const disk = {
  fetch: async (url: Request | string, init?: RequestInit) => {
    const { pathname } = new URL(String(url));
    if (pathname.includes("%2f")) throw new Error("the path leaves the folder");
    if (pathname === "/" || pathname === "/assets")
      return new Response('[{"name":"main-Bx3dE9_a.js"}]');
    const body = FILES[pathname];
    if (body === undefined) return new Response(null, { status: 404 });
    const headers = {
      "content-length": String(body.length),
      "last-modified": "Mon, 23 Nov 2026 08:00:00 GMT",
    };
    return new Response(init?.method === "HEAD" ? null : body, { headers });
  },
};

function get(path: string, init?: RequestInit): Promise<Response> {
  return router.fetch(new Request(`http://edgetape${path}`, init), { FILES: disk });
}

describe("the asset router", () => {
  it.each([
    ["/", "text/html; charset=utf-8"],
    ["/assets/main-Bx3dE9_a.js", "text/javascript; charset=utf-8"],
    ["/favicon.svg", "image/svg+xml"],
    ["/edgetape.py", "text/x-python; charset=utf-8"],
  ])("gives %s its content type", async (path, contentType) => {
    const response = await get(path);
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toBe(contentType);
    expect(response.headers.get("x-content-type-options")).toBe("nosniff");
  });

  it("answers a page's path with its file or the index, and a missing file with 404", async () => {
    expect(await (await get("/symbols/BTC-USD")).text()).toBe(FILES["/index.html"]);
    expect(await (await get("/docs")).text()).toBe(FILES["/docs.html"]);
    expect((await get("/assets/main-gone0000.js")).status).toBe(404);
    expect((await get("/missing.css")).status).toBe(404);
  });

  it("never shows what is in a folder", async () => {
    expect(await (await get("/assets")).text()).toBe(FILES["/index.html"]);
    expect(await (await get("/assets/")).text()).toBe(FILES["/index.html"]);
    // To a URL `//name` is a host, and its folder the one of all files.
    for (const path of ["//", "///", "//assets", "//index.html", "//..%2f..%2f", "/..%2fa.js"]) {
      const answer = await get(path);
      expect(await answer.text(), path).toBe(
        path.endsWith(".js") ? "not found\n" : FILES["/index.html"],
      );
    }
  });

  it("keeps hashed files for ever and asks again for the rest", async () => {
    const hashed = await get("/assets/main-Bx3dE9_a.js");
    expect(hashed.headers.get("cache-control")).toContain("immutable");
    expect((await get("/")).headers.get("cache-control")).toContain("must-revalidate");
  });

  it("answers 304 to the tag it gave, and 200 to another", async () => {
    const etag = (await get("/")).headers.get("etag") ?? "";
    expect((await get("/", { headers: { "if-none-match": `"x", ${etag}` } })).status).toBe(304);
    expect((await get("/", { headers: { "if-none-match": '"x"' } })).status).toBe(200);
  });

  it("promises gzip only to who takes it", async () => {
    const zipped = await get("/", { headers: { "accept-encoding": "gzip, br" } });
    expect(zipped.headers.get("content-encoding")).toBe("gzip");
    expect(zipped.headers.get("content-length")).toBeNull();
    expect((await get("/")).headers.get("content-encoding")).toBeNull();
  });

  it("says the length without the body to HEAD, and refuses to be written to", async () => {
    const head = await get("/", { method: "HEAD" });
    expect(head.headers.get("content-length")).toBe(String(FILES["/index.html"]?.length));
    expect(await head.text()).toBe("");
    expect((await get("/", { method: "PUT", body: "x" })).status).toBe(405);
  });
});
