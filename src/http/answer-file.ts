import { pageAt } from "../protocol/words/page-path.ts";
import type { AppContext } from "./context.ts";

/** Files that are pages, by their addresses. */
const FILE_PAGES = /^\/(?:docs\/?|docs\.html|index\.html)$/;

/**
 * A file of the dashboard. Where there is none the asset router gives the dashboard's index, whatever the path: of a page that there
 * is it is the answer, and else 404. A browser shows that page, which says so; anybody else, such as a probe that misspells its path, is
 * told by `notFound`.
 */
export async function answerFile(
  c: AppContext,
  notFound: (c: AppContext) => never,
): Promise<Response> {
  const { body, status, headers } = await c.env.ASSETS.fetch(c.req.raw);
  const { pathname } = new URL(c.req.url);
  const isPage = FILE_PAGES.test(pathname) || pageAt(pathname).page !== "missing";
  const isHtml = headers.get("content-type")?.startsWith("text/html") === true;
  const isMissing = status === 404 || (isHtml && !isPage);
  if (isMissing && !(isHtml && c.req.header("accept")?.includes("text/html") === true)) {
    await body?.cancel();
    return notFound(c);
  }
  // Headers of an answer that was fetched cannot be added to.
  return new Response(body, { status: isMissing ? 404 : status, headers });
}
