import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";

const SPEC = "src/protocol/SPEC.md";
/** What the conformance runner checks of any server, a test runs against the product. */
const TESTS = ["test/**/*.test.{ts,tsx}", "test/conformance/*.ts"];

const DEFINITION = /^- \*\*([A-Z]+-\d+)\*\*/gm;
/** A number, or a range such as `INV-1 to INV-6`. `UTF-8` cites no F-8. */
const CITATION = /(?<![\w-])([A-Z]+)-(\d+)(?: to \1-(\d+))?(?![\w-])/g;

/** Names of the rules that a text in SPEC's form defines, in its order. */
export function rulesOf(spec: string): string[] {
  return [...spec.matchAll(DEFINITION)].map(([, rule]) => rule ?? "");
}

/** Names of all rules that a text cites, those inside of a range too. */
export function citedIn(text: string): Set<string> {
  const cited = new Set<string>();
  for (const [, family, first, last] of text.matchAll(CITATION)) {
    for (let number = Number(first); number <= Number(last ?? first); number += 1) {
      cited.add(`${family}-${number}`);
    }
  }
  return cited;
}

/** One line for each rule of SPEC that no test cites, and for each that is there twice. */
export function uncitedRules(projectDir: string): string[] {
  const rules = rulesOf(readFileSync(join(projectDir, SPEC), "utf8"));
  if (rules.length === 0) return [`${SPEC}: it has no rules such as "- **C-1** ..."`];
  const files = globSync(TESTS, { cwd: projectDir });
  const cited = new Set(
    files.flatMap((file) => [...citedIn(readFileSync(join(projectDir, file), "utf8"))]),
  );
  return [
    ...rules
      .filter((rule, at) => rules.indexOf(rule) !== at)
      .map((rule) => `${rule}: ${SPEC} has two rules of this number`),
    ...rules
      .filter((rule) => !cited.has(rule))
      .map(
        (rule) => `${rule}: no test cites this rule; write one that holds it, and name it there`,
      ),
  ];
}
