import { parseArgs } from "node:util";

export const USAGE = `usage: npm run sql [-- -c STATEMENTS] [--write] [--url postgres://user:password@host/database [--endpoint https://host/sql]]

A prompt on this machine's database, or the one of --url. Without a terminal the statements are read from standard input.
  -c, --command   runs these statements and ends; may come several times
  --write         lets statements change something; without it they only read`;

export type SqlOptions =
  | {
      kind: "options";
      /** Undefined: from standard input. */
      command: string | undefined;
      canWrite: boolean;
      url: string | undefined;
      endpoint: string | undefined;
    }
  | { kind: "help" }
  | { kind: "invalid"; problem: string };

export function readSqlOptions(args: readonly string[]): SqlOptions {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        command: { type: "string", short: "c", multiple: true },
        write: { type: "boolean", default: false },
        url: { type: "string" },
        endpoint: { type: "string" },
        help: { type: "boolean", short: "h" },
      },
    });
    if (values.help) return { kind: "help" };
    const { write, url, endpoint } = values;
    const command = values.command?.join(";\n");
    if (url !== undefined && !URL.canParse(url)) {
      return {
        kind: "invalid",
        problem: `--url ${url} is no URL such as postgres://user:password@host/database`,
      };
    }
    return { kind: "options", command, canWrite: write, url, endpoint };
  } catch (error) {
    return { kind: "invalid", problem: (error as Error).message };
  }
}
