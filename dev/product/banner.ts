import type { Settings } from "./settings.ts";

/** What a new user needs to see first. */
export type BannerFacts = {
  url: string;
  dataDir: string;
  publicRead: Settings["publicRead"];
  /** Seconds the start took. */
  startedInSeconds: number;
  /** Absent where tokens come from elsewhere, or where printing one would put it into a log. */
  writeToken: string | undefined;
  /** Where the keys are of whoever makes the tokens; absent where this machine does. */
  issuer: string | undefined;
};

const READING: Record<Settings["publicRead"], string> = {
  true: "open to everyone who reaches this address, through a proxy too",
  false: "needs a token with scope read",
  local: "open to this machine; what a proxy passes on needs a token",
};

/** The text `npm start` prints when everything runs. The last command in it can be pasted into a shell as it is. */
export function banner(facts: BannerFacts): string {
  const lines = [
    "",
    `  Edgetape is ready (${facts.startedInSeconds.toFixed(1)} s). Ctrl-C ends it.`,
    "",
    `  Dashboard   ${facts.url}/`,
    `  Data        ${facts.dataDir}`,
    `  Reading     ${READING[facts.publicRead]}`,
  ];
  if (facts.issuer !== undefined) {
    lines.push(`  Token       from the issuer whose keys are at ${facts.issuer}`, "");
  } else if (facts.writeToken === undefined) {
    lines.push("  Token       npm run -s token -- --scope write", "");
  } else {
    lines.push(
      `  Token       ${facts.writeToken}`,
      "              (read and write, 24 h; more with: npm run -s token -- --scope write)",
      "",
      "  Push a trade:",
      "",
      curlLine(facts.url, facts.writeToken),
      "",
      "  Or a whole market, in a second terminal: npm run demo",
      "",
    );
  }
  return lines.join("\n");
}

function curlLine(url: string, token: string): string {
  const trade = '{"symbol":"ACME","price":101.25,"size":20,"side":"buy"}';
  return `curl -X POST ${url}/api/trades -H 'Authorization: Bearer ${token}' -H 'Content-Type: application/json' -d '${trade}'`;
}
