/** What one build of the dashboard is made of. */
export interface Build {
  /** Another one for each build. */
  version: string;
  /** The script that its page begins with. */
  entry: string;
  /** Its scripts and style sheets, each named by what it holds. */
  files: readonly string[];
}

/** What the worker has of the browser. */
export interface OwnFilesDeps {
  build: Build;
  origin: string;
  caches: Pick<CacheStorage, "open" | "keys" | "delete" | "match">;
  fetch(request: Request | string, init?: RequestInit): Promise<Response>;
  /** Resolves when a page has been waited for long enough. */
  patience(): Promise<null>;
}

const PAGE = "/";
const CACHE = "edgetape ";
/** Of this build, and of the one before it, whose pages may be open yet. */
const BUILDS = 2;

/** All pages of the dashboard, which are one file; a frame's, whose headers differ, is none of them. */
const PAGES = /^\/(?:$|s\/.|(?:trace|alerts|explore|analytics|operations)(?:\/|$))/;
const FILES = /^\/assets\//;
const ANY_HEADERS = { ignoreVary: true };

/** Keeps the page's own files. Rejects, and keeps none, where one does not come: the browser tries again. */
export async function keepFiles({ build, caches, fetch }: OwnFilesDeps): Promise<void> {
  const page = await fetch(PAGE, { cache: "no-cache" });
  // While a deploy is under way, the page may be of the build before.
  if (!(await page.clone().text()).includes(build.entry))
    throw new Error("a page of another build");
  const name = CACHE + build.version;
  const cache = await caches.open(name);
  try {
    await cache.addAll([...build.files]);
    await cache.put(PAGE, page);
  } catch (error) {
    await caches.delete(name);
    throw error;
  }
}

/** Lets go of the files of builds that no page is of any more. */
export async function dropFiles({ caches }: OwnFilesDeps): Promise<void> {
  const kept = (await caches.keys()).filter((name) => name.startsWith(CACHE));
  // The browser names them in the order in which they were made.
  await Promise.all(kept.slice(0, -BUILDS).map((name) => caches.delete(name)));
}

/**
 * A page comes from the server, and from what is kept where the server is away; a file of the page from what is kept. Null: it is neither,
 * so the worker has no part in it, and nothing of it is kept. That is so for all that a token reads.
 */
export function answerOf(asked: Request, deps: OwnFilesDeps): Promise<Response> | null {
  const { origin, pathname } = new URL(asked.url);
  if (asked.method !== "GET" || origin !== deps.origin) return null;
  if (asked.mode === "navigate") return PAGES.test(pathname) ? pageOf(asked, deps) : null;
  return FILES.test(pathname) ? fileOf(asked, deps) : null;
}

async function pageOf(asked: Request, deps: OwnFilesDeps): Promise<Response> {
  const answer = deps.fetch(asked);
  const told = await Promise.race([answer.catch(() => null), deps.patience()]);
  // A proxy before a server that is away says so with such a status.
  if (told !== null && told.status < 500) return told;
  const cache = await deps.caches.open(CACHE + deps.build.version);
  return (await cache.match(PAGE, ANY_HEADERS)) ?? answer;
}

async function fileOf(asked: Request, { caches, fetch }: OwnFilesDeps): Promise<Response> {
  return (await caches.match(asked, ANY_HEADERS)) ?? fetch(asked);
}
