import { describe, expect, it } from "vitest";
import { app } from "../../../src/app.ts";
import type { Env } from "../../../src/bindings/env.ts";

const INDEX = "<!doctype html><title>Edgetape</title>";
const JS = "/assets/main-Bx3dE9_a.js";

/** Answers as the asset router does, on Cloudflare and on a machine: the index where there is no file, but for missing scripts. */
function answer(path: string): Response {
  const of = (type: string) => ({ headers: { "content-type": type } });
  if (path === JS) return new Response("run()", of("text/javascript; charset=utf-8"));
  if (path.endsWith(".css")) return new Response("not found\n", { status: 404 });
  return new Response(INDEX, of("text/html; charset=utf-8"));
}

const env = {
  ...{ PUBLIC_READ: "false", JWT_SECRET: "a secret of thirty-two characters or more" },
  ...{ DATABASE_URL: "postgres://edgetape:test@127.0.0.1/edgetape", LOG_LEVEL: "error" },
  ASSETS: { fetch: async (request: Request) => answer(new URL(request.url).pathname) },
} as unknown as Env;
const BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

const ask = (path: string, accept: string, method = "GET") =>
  app.request(path, { method, headers: { accept } }, env);

describe("a path that is no route", () => {
  it.each([
    "/",
    "/s/BRK.B",
    "/s/a/b/",
    "/trace/1",
    "/alerts",
    "/operations/",
    "/docs",
    "/docs.html",
  ])("of a page is answered with it, whoever asks: %s", async (path) => {
    for (const accept of [BROWSER, "*/*"]) {
      const response = await ask(path, accept);
      expect([response.status, await response.text()]).toEqual([200, INDEX]);
    }
    expect((await ask(path, "*/*", "HEAD")).status).toBe(200);
  });

  it.each(["/health", "/healthz/", "/readyz.html", "/s/", "/alerts/more", "/apis/trades"])(
    "of no page is 404: in a browser with the page that says so, else a problem: %s",
    async (path) => {
      const page = await ask(path, BROWSER);
      expect([page.status, await page.text()]).toEqual([404, INDEX]);
      const said = await ask(path, "*/*");
      expect([said.status, said.headers.get("content-type")]).toEqual([
        404,
        "application/problem+json",
      ]);
      expect(await said.json()).toMatchObject({ detail: `There is no GET ${path}.` });
      expect((await ask(path, "*/*", "HEAD")).status).toBe(404);
    },
  );

  it("of a file is the file, and of one that is gone a problem", async () => {
    expect(await (await ask(JS, "*/*")).text()).toBe("run()");
    for (const accept of [BROWSER, "*/*"]) {
      const gone = await ask("/missing.css", accept);
      expect([gone.status, gone.headers.get("content-type")]).toEqual([
        404,
        "application/problem+json",
      ]);
    }
  });
});
