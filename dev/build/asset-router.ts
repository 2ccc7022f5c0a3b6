/**
 * Serves the built dashboard under plain workerd, whose disk service knows neither content types nor an index page.
 * On Cloudflare the platform's own asset router stands in this place; both answer the same (wrangler.toml [assets]).
 */

type Environment = {
  FILES: { fetch(request: Request | string, init?: RequestInit): Promise<Response> };
};

const CONTENT_TYPES: Record<string, string> = {
  css: "text/css; charset=utf-8",
  gif: "image/gif",
  html: "text/html; charset=utf-8",
  ico: "image/x-icon",
  jpg: "image/jpeg",
  js: "text/javascript; charset=utf-8",
  json: "application/json",
  map: "application/json",
  mjs: "text/javascript; charset=utf-8",
  png: "image/png",
  py: "text/x-python; charset=utf-8",
  svg: "image/svg+xml",
  txt: "text/plain; charset=utf-8",
  wasm: "application/wasm",
  webmanifest: "application/manifest+json",
  webp: "image/webp",
  woff2: "font/woff2",
  xml: "application/xml",
};

/** Vite's build names these by their content, so what a name holds never changes. */
const HASHED = /^\/assets\/.+-[\w-]{8,}\.[a-z0-9]+$/;
const IMMUTABLE = "public, max-age=31536000, immutable";
const REVALIDATE = "public, max-age=0, must-revalidate";

/** Worth compressing; pictures and fonts are compressed in themselves. */
const COMPRESSIBLE = /^(text\/|application\/(json|manifest|wasm|xml)|image\/svg)/;

/** The build's files have plain names. Anything else is not handed on: `//name` is a host to a URL, and `%2f` a folder to the disk. */
const FILE = /^(\/[\w-][\w.-]*)+$/;

const INDEX = "/index.html";

export default {
  async fetch(request: Request, env: Environment): Promise<Response> {
    if (request.method !== "GET" && request.method !== "HEAD") {
      return new Response("method not allowed\n", { status: 405, headers: { allow: "GET, HEAD" } });
    }
    const { pathname } = new URL(request.url);
    // Symbols have dots and slashes of their own (`/s/BRK.B`, `/s/BTC/USDT`), and no file is there.
    const isSymbolPage = /^\/(s|embed)\//.test(pathname);
    const wanted = pathname.endsWith("/") ? `${pathname}index.html` : pathname;
    const found = isSymbolPage ? undefined : await serve(fileOf(wanted), request, env);
    if (found !== undefined) return found;
    // Other pages of the dashboard have no extension; a missing script must not come back as a page.
    const isPage = isSymbolPage || extensionOf(wanted) === undefined || wanted.endsWith(".html");
    const page = isPage ? await serve(INDEX, request, env) : undefined;
    return page ?? new Response("not found\n", { status: 404 });
  },
};

/** `/docs` is the page in `docs.html`. */
function fileOf(path: string): string {
  return extensionOf(path) === undefined ? `${path}.html` : path;
}

async function serve(
  path: string,
  request: Request,
  env: Environment,
): Promise<Response | undefined> {
  const contentType = CONTENT_TYPES[extensionOf(path) ?? ""];
  // Folders have no extension, and their listing is nobody's business.
  if (contentType === undefined || !FILE.test(path)) return undefined;
  const url = new URL(path, "http://files").href;
  const stat = await env.FILES.fetch(url, { method: "HEAD" });
  if (!stat.ok) return undefined;
  const headers = new Headers({
    "content-type": contentType,
    "cache-control": HASHED.test(path) ? IMMUTABLE : REVALIDATE,
    "x-content-type-options": "nosniff",
    vary: "accept-encoding",
  });
  const etag = etagOf(stat.headers);
  if (etag !== undefined) {
    headers.set("etag", etag);
    if (matches(request.headers.get("if-none-match"), etag)) {
      return new Response(null, { status: 304, headers });
    }
  }
  const length = stat.headers.get("content-length");
  if (request.method === "HEAD") {
    if (length !== null) headers.set("content-length", length);
    return new Response(null, { headers });
  }
  const file = await env.FILES.fetch(url);
  // The runtime compresses a body whose headers promise it.
  const takesGzip = /\bgzip\b/.test(request.headers.get("accept-encoding") ?? "");
  if (takesGzip && COMPRESSIBLE.test(contentType)) headers.set("content-encoding", "gzip");
  return file.ok ? new Response(file.body, { headers }) : undefined;
}

function extensionOf(path: string): string | undefined {
  return /\.([a-z0-9]+)$/i.exec(path)?.[1]?.toLowerCase();
}

/** Weak, for it stands for size and time of change, not for the bytes. */
function etagOf(headers: Headers): string | undefined {
  const modified = headers.get("last-modified");
  const length = headers.get("content-length");
  if (modified === null || length === null) return undefined;
  return `W/"${Number(length).toString(36)}-${Date.parse(modified).toString(36)}"`;
}

function matches(ifNoneMatch: string | null, etag: string): boolean {
  if (ifNoneMatch === null) return false;
  return ifNoneMatch === "*" || ifNoneMatch.split(",").some((each) => each.trim() === etag);
}
