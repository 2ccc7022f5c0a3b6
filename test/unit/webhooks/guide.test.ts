import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { MOST_WAITING, MOST_WEBHOOKS } from "../../../durable/notifier/webhook-book.ts";
import { QUEUE } from "../../../src/core/webhooks/delivery-queue.ts";
import { newSecret, signedHeaders } from "../../../src/formats/webhooks/signature.ts";

const GUIDE = readFileSync("docs/guides/alert-webhooks.md", "utf8");
const BODY = '{"type":"alert.firing","data":{"symbol":"ÄÖ","message":"too high"}}';

type Case = { secret: string; headers: Record<string, string>; body: string };

/** What the guide's code says of each: the id, or the words of its error. */
const LANGUAGES = {
  python: [
    "python3",
    ["-c"],
    `
import json, sys
for one in json.load(sys.stdin):
    try:
        print(verify(one["secret"], one["headers"], one["body"].encode()))
    except ValueError as error:
        print(error)
`,
  ],
  js: [
    process.execPath,
    ["--input-type=module", "-e"],
    `
import { readFileSync } from "node:fs";
for (const { secret, headers, body } of JSON.parse(readFileSync(0, "utf8"))) {
  try {
    console.log(verify(secret, headers, Buffer.from(body)));
  } catch (error) {
    console.log(error.message);
  }
}
`,
  ],
} as const;

async function cases(): Promise<[name: string, said: RegExp, Case][]> {
  const [secret, former] = [newSecret(), newSecret()];
  const nowS = Math.floor(Date.now() / 1_000);
  const sent = { id: "msg_1", atS: nowS, body: BODY };
  const headers = await signedHeaders([secret], sent);
  const good = { secret, headers, body: BODY };
  const at = async (atS: number) => ({
    ...good,
    headers: await signedHeaders([secret], { ...sent, atS }),
  });
  const signed = /^not signed with this secret$/;
  const now = /^not sent just now$/;
  return [
    ["what was sent", /^msg_1$/, good],
    [
      "under either secret",
      /^msg_1$/,
      { ...good, headers: await signedHeaders([former, secret], sent) },
    ],
    ["another body", signed, { ...good, body: BODY.replace("high", "low!") }],
    ["another id", signed, { ...good, headers: { ...headers, "webhook-id": "msg_2" } }],
    ["another secret", signed, { ...good, secret: former }],
    ["no signature", signed, { ...good, headers: { ...headers, "webhook-signature": "v1,ÄÄ v2" } }],
    ["a replay", now, await at(nowS - 301)],
    ["the future", now, await at(nowS + 330)],
    [
      "a new time",
      signed,
      { ...good, headers: { ...headers, "webhook-timestamp": String(nowS + 1) } },
    ],
    ["no time", now, { ...good, headers: { ...headers, "webhook-timestamp": "soon" } }],
  ];
}

describe("WH-2 the guide's code", () => {
  it.each(["python", "js"] as const)(
    "in %s takes what was sent, and nothing else",
    async (language) => {
      const [command, args, more] = LANGUAGES[language];
      const [, code] = new RegExp(`\`\`\`${language}\\n([^]*?)\`\`\``).exec(GUIDE) ?? [];
      const all = await cases();
      const { stdout, stderr } = spawnSync(command, [...args, code + more], {
        input: JSON.stringify(all.map(([, , one]) => one)),
        encoding: "utf8",
      });
      const said = String(stdout).split("\n");
      expect([String(stderr), said.length]).toEqual(["", all.length + 1]);
      for (const [at, [name, words]] of all.entries()) {
        expect(`${name}: ${said[at]}`).toMatch(new RegExp(`^${name}: ${words.source.slice(1)}`));
      }
    },
  );
});

it("WH-5 WH-6 the guide has the queue's own figures", () => {
  expect(GUIDE).toContain(
    `There may be ${MOST_WEBHOOKS} webhooks. ${MOST_WAITING.toLocaleString("en")} deliveries wait for each`,
  );
  const { baseMs, capMs } = QUEUE.backoff;
  expect(GUIDE).toContain(`within ${(2 * baseMs) / 1_000} s, at random`);
  expect(GUIDE).toContain(`up to ${capMs / 60_000} minutes`);
});
