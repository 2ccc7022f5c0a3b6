/** What a new user needs to see first. */
export type BannerFacts = {
  url: string;
  dataDir: string;
  publicRead: boolean;
  /** Seconds the start took. */
  startedInSeconds: number;
  /** Absent where tokens come from elsewhere, or where printing one would put it into someone's logs. */
  writeToken: string | undefined;
};

/** The text `npm start` prints when everything runs. The last command in it can be pasted into a shell as it is. */
export function banner(facts: BannerFacts): string {
  const lines = [
    "",
    `  Edgetape is ready (${facts.startedInSeconds.toFixed(1)} s). Ctrl-C ends it.`,
    "",
    `  Dashboard   ${facts.url}/`,
    `  Data        ${facts.dataDir}`,
    `  Reading     ${facts.publicRead ? "open to everyone who reaches this address" : "needs a token with scope read"}`,
  ];
  if (facts.writeToken === undefined) {
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
