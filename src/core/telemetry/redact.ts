/** What stands in the place of a secret. */
const REDACTED = "[redacted]";

/** A line without any of this has no secret that is known by its looks, and one look says so. */
const SUSPECT =
  /:\/\/|eyJ|bearer|basic |digest |authorization|cookie|passw|secret|token|api[-_]?key|[?&]p=/i;

/** Names of what is secret, wherever they stand in a name. */
const NAMES = "(?:authorization|cookie|passwd|password|secret|token|api[-_]?key|database_url)";

/**
 * Each with what of it stays. None of them begins with what can repeat, and each repetition has an end: lines hold what
 * strangers sent.
 */
const SECRETS: readonly (readonly [pattern: RegExp, kept: string])[] = [
  // "access_token":"...", and the same inside a text that is JSON itself.
  [new RegExp(`(${NAMES}[\\w.-]{0,40}"\\s?:\\s?")(?:[^"\\\\]|\\\\.){1,4096}`, "gi"), "$1"],
  [new RegExp(`(${NAMES}[\\w.-]{0,40}\\\\"\\s?:\\s?\\\\")[^"\\\\]{1,4096}`, "gi"), "$1"],
  // Postgres takes passwords with a slash or an at in them; other URLs do not.
  [/(postgres(?:ql)?:\/\/[^\s"'\\:@/]{0,200}:)[^\s"'\\]{1,500}(?=@)/gi, "$1"],
  [/(:\/\/[^\s"'\\:@/]{0,200}:)[^\s"'\\/]{1,500}(?=@)/g, "$1"],
  // A header as text; what is behind it in the same text is the header's.
  [/((?:authorization|cookie|x-api-key)\s?[:=]\s?)[^"\\\r\n]{1,4096}/gi, "$1"],
  [/\b((?:bearer|basic|digest|token) )(?=[^\s"]{0,4096}[\d._=+/-])[^\s"'\\,;]{8,4096}/gi, "$1"],
  // name=value, as in a query, a connection string and an environment.
  [new RegExp(`(${NAMES}[\\w-]{0,40}=)[^\\s"'\\\\&,;]{1,4096}`, "gi"), "$1"],
  [/([?&]p=)[^\s"'\\&]{1,4096}/g, "$1"],
  // A token by its looks: the base64 of {"
  [/(?<![\w-])eyJ[\w-]{5,4096}(?:\.[\w-]{0,4096}){0,2}/g, ""],
];

/**
 * A line of a log without its secrets: tokens, `Authorization`, cookies, passwords in URLs. A line that is JSON stays JSON. What is
 * secret is known by its name or its looks: a token that somebody puts in a name of their own is not.
 */
export function redacted(line: string): string {
  if (!SUSPECT.test(line)) return line;
  let text = line;
  for (const [pattern, kept] of SECRETS) text = text.replace(pattern, `${kept}${REDACTED}`);
  return text;
}
