import { baseOf, withQuery } from "./room-urls.ts";

/** The address of a socket over many rooms. @throws {TypeError} as `roomUrls`. */
export function streamUrl(baseUrl: string): string {
  const { origin, path } = baseOf(baseUrl);
  return `${origin.replace(/^http/, "ws")}${path}/ws`;
}

/** The address of a stream of last values. @throws {TypeError} as `roomUrls`. */
export function latestUrl(
  baseUrl: string,
  { hz, channels }: { hz?: number; channels?: readonly string[] },
  isPacked: boolean,
): string {
  return withQuery(streamUrl(baseUrl), [
    "mode=latest",
    ...(hz === undefined ? [] : [`hz=${hz}`]),
    ...(channels === undefined ? [] : [`channels=${channels.map(encodeURIComponent).join(",")}`]),
    ...(isPacked ? ["compress=deflate-raw"] : []),
  ]);
}
