import { spawn } from "node:child_process";
import { EXAMPLE_ADDRESS, examplesOf, type Language } from "../../web/reference/examples.ts";
import { ROUTES } from "../../web/reference/routes.ts";

/** Runs each of [name, code] on standard input in one process, and prints [name, what it printed]. */
const RUNNERS: Record<Language, readonly [string, ...string[]]> = {
  curl: [
    process.execPath,
    "--input-type=module",
    "-e",
    `import { execFileSync } from "node:child_process"; import { readFileSync } from "node:fs";
const run = (code) => execFileSync("sh", ["-c", code], { encoding: "utf8" });
console.log(JSON.stringify(JSON.parse(readFileSync(0, "utf8")).map(([name, code]) => [name, run(code)])));`,
  ],
  Node: [
    process.execPath,
    "--input-type=module",
    "-e",
    `import { readFileSync } from "node:fs";
const print = console.log, found = [];
for (const [name, code] of JSON.parse(readFileSync(0, "utf8"))) {
  console.log = (text) => found.push([name, text]);
  await import("data:text/javascript," + encodeURIComponent(code));
}
print(JSON.stringify(found));`,
  ],
  Python: [
    "python3",
    "-c",
    `import contextlib, io, json, sys
found = []
for name, code in json.load(sys.stdin):
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(code, {})
    found.append([name, printed.getvalue()])
print(json.dumps(found))`,
  ],
};

/** What each example of a language prints against a server, by the route's summary. Rejects where one fails. */
export async function runExamples(
  language: Language,
  url: string,
  token: string,
): Promise<Map<string, string>> {
  const codes = ROUTES.flatMap((route) => {
    const code = examplesOf(route).get(language);
    if (code === undefined) return [];
    // What one language makes and removes is not the others'.
    const own = code
      .replaceAll(/\/(webhooks\/desk|rules\/high)\b/g, `/$1-${language}`)
      .replaceAll(/(\bname["']?:\s*["'])high\b/g, `$1high-${language}`);
    return [[route.summary, own.replaceAll(EXAMPLE_ADDRESS, url)]];
  });
  const [command, ...args] = RUNNERS[language];
  const child = spawn(command, args, { env: { PATH: process.env["PATH"], TOKEN: token } });
  const printed = { out: "", err: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    printed.out += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    printed.err += text;
  });
  child.stdin.end(JSON.stringify(codes));
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  if (code !== 0) throw new Error(`${language} examples: ${printed.err}`);
  return new Map(JSON.parse(printed.out) as [string, string][]);
}
