import { describe, expect, it } from "vitest";
import { pageAt } from "../../../src/protocol/words/page-path.ts";
import {
  answerOf,
  type Build,
  dropFiles,
  keepFiles,
  type OwnFilesDeps,
} from "../../../web/worker/own-files.ts";

const ORIGIN = "https://tape.test";

/** A browser with its caches, and a server that has `files`, by path. */
function world(files: Record<string, string>, build: Partial<Build> = {}) {
  const kept = new Map<string, Map<string, Response>>();
  const server = {
    files,
    status: 200,
    asked: [] as string[],
    /** Whether there is no answer at all, or none that comes in time. */
    isAway: false,
    isSlow: false,
  };
  const pathOf = (asked: RequestInfo | URL) =>
    new URL(typeof asked === "object" && "url" in asked ? asked.url : asked, ORIGIN).pathname;
  const fetch = async (asked: Request | string): Promise<Response> => {
    const path = pathOf(asked);
    server.asked.push(path);
    if (server.isAway) throw new TypeError("no answer");
    if (server.isSlow) return new Promise(() => {});
    const text = server.files[path];
    return new Response(text ?? "none", { status: text === undefined ? 404 : server.status });
  };
  const cacheOf = (name: string) => {
    const entries = kept.get(name) ?? new Map<string, Response>();
    kept.set(name, entries);
    return {
      async addAll(paths: string[]) {
        const answers = await Promise.all(paths.map(fetch));
        if (answers.some(({ ok }) => !ok)) throw new TypeError("one is not there");
        for (const [i, path] of paths.entries()) entries.set(path, answers[i] as Response);
      },
      put: async (path: string, answer: Response) => void entries.set(path, answer),
      match: async (path: string) => entries.get(path)?.clone(),
    };
  };
  const caches = {
    open: async (name: string) => cacheOf(name),
    keys: async () => [...kept.keys()],
    delete: async (name: string) => kept.delete(name),
    async match(asked: Request) {
      for (const entries of kept.values()) {
        const found = entries.get(pathOf(asked));
        if (found !== undefined) return found.clone();
      }
      return undefined;
    },
  };
  const deps: OwnFilesDeps = {
    build: { version: "2", entry: "/assets/index-2.js", files: ["/assets/index-2.js"], ...build },
    origin: ORIGIN,
    caches: caches as unknown as OwnFilesDeps["caches"],
    fetch,
    patience: async () => {
      // The answer of a server that has one is there before.
      if (!server.isSlow) await new Promise(() => {});
      return null;
    },
  };
  return { deps, kept, server };
}

const PAGE = '<script src="/assets/index-2.js"></script>';
const FILES = { "/": PAGE, "/assets/index-2.js": "two" };

function asked(path: string, more: Partial<Request> = {}): Request {
  const url = new URL(path, ORIGIN).href;
  return { method: "GET", mode: "navigate", url, ...more } as Request;
}

const textOf = async (answer: Promise<Response> | null) => (await answer)?.text();

describe("the page's own files", () => {
  it("are kept as one build, or not at all", async () => {
    const whole = world(FILES);
    await keepFiles(whole.deps);
    expect([...whole.kept].map(([name, files]) => [name, [...files.keys()]])).toEqual([
      ["edgetape 2", ["/assets/index-2.js", "/"]],
    ]);
    const lacking = world({ "/": PAGE });
    await expect(keepFiles(lacking.deps)).rejects.toThrow("one is not there");
    const deploying = world({ ...FILES, "/": PAGE.replace("-2", "-1") });
    await expect(keepFiles(deploying.deps)).rejects.toThrow("another build");
    const refused = world(FILES);
    refused.server.status = 503;
    await expect(keepFiles(refused.deps)).rejects.toThrow();
    for (const { kept } of [lacking, deploying, refused]) expect(kept.size).toBe(0);
  });

  it("of builds of long ago go, and whatever is not theirs stays", async () => {
    const { deps, kept } = world(FILES);
    for (const name of ["edgetape 0", "of others", "edgetape 1", "edgetape 2"]) {
      await deps.caches.open(name);
    }
    await dropFiles(deps);
    expect([...kept.keys()]).toEqual(["of others", "edgetape 1", "edgetape 2"]);
  });

  it("come from what is kept, those of the build before too", async () => {
    const { deps, server } = world({ ...FILES, "/assets/later-3.js": "three" });
    await (await deps.caches.open("edgetape 1")).put("/assets/page-1.js", new Response("one"));
    await keepFiles(deps);
    server.asked = [];
    const file = (path: string) => textOf(answerOf(asked(path, { mode: "cors" }), deps));
    expect(await file("/assets/index-2.js")).toBe("two");
    expect(await file("/assets/page-1.js")).toBe("one");
    expect(server.asked).toEqual([]);
    expect(await file("/assets/later-3.js")).toBe("three");
  });
});

describe("a page", () => {
  it("is the server's, and the one that is kept where the server is away, in trouble or slow", async () => {
    const { deps, server } = world({ ...FILES, "/s/ACME": "of the server" });
    await keepFiles(deps);
    const page = (path = "/s/ACME") => textOf(answerOf(asked(path), deps));
    expect(await page()).toBe("of the server");
    // That there is no such page is an answer.
    expect(await page("/s/OTHER")).toBe("none");
    server.status = 502;
    expect(await page()).toBe(PAGE);
    server.isAway = true;
    expect(await page()).toBe(PAGE);
    server.isAway = false;
    server.isSlow = true;
    expect(await page()).toBe(PAGE);
  });

  it("that nobody kept is whatever the server says", async () => {
    const { deps, server } = world({ "/": "of the server" });
    server.status = 503;
    expect((await answerOf(asked("/"), deps))?.status).toBe(503);
    server.isAway = true;
    await expect(answerOf(asked("/"), deps)).rejects.toThrow("no answer");
  });

  it("of the dashboard is known by its address, and a frame's is not kept", () => {
    const { deps } = world(FILES);
    const paths = [
      "/",
      "/s/BTC-USD",
      "/s/BTC/USDT",
      "/trace",
      "/trace/x%2F1",
      "/alerts",
      "/explore",
    ];
    const others = ["/s", "/s/", "/docs", "/openapi.json", "/edgetape.py", "/alerting", "/v1.js"];
    for (const path of [...paths, ...others, "/analytics", "/operations/", "/embed/BTC-USD"]) {
      const { page } = pageAt(path);
      const isKept = page !== "missing" && page !== "embed";
      expect(answerOf(asked(path), deps) !== null, path).toBe(isKept);
    }
  });
});

it("A-1 nothing that a token reads passes the worker", () => {
  const { deps, server } = world(FILES);
  for (const path of ["/api/symbols", "/api/history/ACME", "/metrics", "/readyz", "/healthz"]) {
    expect(answerOf(asked(path, { mode: "cors" }), deps), path).toBeNull();
    expect(answerOf(asked(path), deps), path).toBeNull();
  }
  expect(answerOf(asked("/", { method: "POST" }), deps)).toBeNull();
  expect(answerOf(asked("https://other.test/assets/a.js", { mode: "cors" }), deps)).toBeNull();
  expect(server.asked).toEqual([]);
});
