/** What stands in the place of a secret. */
const REDACTED = "[redacted]";

/** Names of what is secret, wherever they stand in a name. */
const NAMES = "(?:authorization|cookie|passwd|password|secret|token|api[-_]?key|database_url)";

/** What stays of what a pattern finds, where anything does. */
type Pattern = readonly [pattern: RegExp, kept: string];

/**
 * Patterns by what a line must hold for them: most lines hold none of it, and one look says so. None begins with what can repeat, and
 * each repetition has an end: lines hold what strangers sent.
 */
const SECRETS: readonly { of: RegExp; patterns: readonly Pattern[] }[] = [
  {
    of: new RegExp(NAMES, "i"),
    patterns: [
      // "access_token":"...", and the same inside a text that is JSON itself.
      [new RegExp(`(${NAMES}[\\w.-]{0,40}"\\s?:\\s?")(?:[^"\\\\]|\\\\.){1,4096}`, "gi"), "$1"],
      [new RegExp(`(${NAMES}[\\w.-]{0,40}\\\\"\\s?:\\s?\\\\")[^"\\\\]{1,4096}`, "gi"), "$1"],
      // A header as text; what is behind it in the same text is the header's.
      [/((?:authorization|cookie|x-api-key)\s?[:=]\s?)[^"\\\r\n]{1,4096}/gi, "$1"],
      // name=value, as in a query, a connection string and an environment.
      [new RegExp(`(${NAMES}[\\w-]{0,40}=)[^\\s"'\\\\&,;]{1,4096}`, "gi"), "$1"],
    ],
  },
  {
    of: /:\/\//,
    patterns: [
      // Postgres takes passwords with a slash or an at in them; other URLs do not.
      [/(postgres(?:ql)?:\/\/[^\s"'\\:@/]{0,200}:)[^\s"'\\]{1,500}(?=@)/gi, "$1"],
      [/(:\/\/[^\s"'\\:@/]{0,200}:)[^\s"'\\/]{1,500}(?=@)/g, "$1"],
    ],
  },
  {
    of: /bearer |basic |digest |token /i,
    patterns: [
      [/\b((?:bearer|basic|digest|token) )(?=[^\s"]{0,4096}[\d._=+/-])[^\s"'\\,;]{8,4096}/gi, "$1"],
    ],
  },
  { of: /whsec_/, patterns: [[/(whsec_)[\w+/=]{1,200}/g, "$1"]] },
  { of: /[?&]p=/, patterns: [[/([?&]p=)[^\s"'\\&]{1,4096}/g, "$1"]] },
  // A token by its looks: the base64 of {"
  { of: /eyJ/, patterns: [[/(?<![\w-])eyJ[\w-]{5,4096}(?:\.[\w-]{0,4096}){0,2}/g, ""]] },
];

/**
 * A line of a log without its secrets: tokens, `Authorization`, cookies, passwords in URLs. A line that is JSON stays JSON. What is
 * secret is known by its name or its looks: a token that somebody puts in a name of their own is not.
 */
export function redacted(line: string): string {
  let text = line;
  for (const { of, patterns } of SECRETS) {
    if (!of.test(text)) continue;
    for (const [pattern, kept] of patterns) text = text.replace(pattern, `${kept}${REDACTED}`);
  }
  return text;
}
