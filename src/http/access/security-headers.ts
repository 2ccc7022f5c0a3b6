import { createMiddleware } from "hono/factory";
import type { AppEnv } from "../context.ts";

/** The one style that lightweight-charts 5.2.1 writes into the page, that of its logo. */
const CHART_LOGO_STYLE = "'sha256-3pRED1tOXas1FXFoPb9TGCjmYe9XQsmO9OV23khV2nY='";

/** The dashboard needs no more than this: its own files, the picture in its page, and its own server. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  `style-src 'self' ${CHART_LOGO_STYLE}`,
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "manifest-src 'self'",
  "worker-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  // Last: pages that may be framed have another one in its place.
  "frame-ancestors 'none'",
];

/** On every answer but that of an upgrade (SPEC A-9). On Strict-Transport-Security decides who ends TLS in front of us, and for names that we do not know. */
export const SECURITY_HEADERS = {
  "content-security-policy": POLICY.join("; "),
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "origin-agent-cluster": "?1",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
};
const EACH = Object.entries(SECURITY_HEADERS);

/** Security headers on every answer but that of an upgrade, which no page can show (SPEC A-9). */
export const guarded = createMiddleware<AppEnv>(async (c, next) => {
  await next();
  if (c.get("isHeaded") === true || c.res.status === 101) return;
  for (const [name, value] of EACH) c.res.headers.set(name, value);
  if (c.req.path.startsWith("/embed/")) letFrame(c.res.headers, c.get("config").EMBED_ORIGINS);
});

/** These origins, and no others, may show the answer in a frame. */
function letFrame(headers: Headers, origins: readonly string[]): void {
  if (origins.length === 0) return;
  const policy = [...POLICY.slice(0, -1), `frame-ancestors ${origins.join(" ")}`];
  headers.set("content-security-policy", policy.join("; "));
  headers.set("cross-origin-resource-policy", "cross-origin");
  // It knows no list of origins.
  headers.delete("x-frame-options");
}
