import { READ_ONLY, type SqlAnswer, type SqlError, type SqlOutcome } from "./ask.ts";

/** Types whose values are numbers, which stand to the right: int8, int2, int4, oid, float4, float8, numeric. */
const NUMBER_TYPES = new Set([20, 21, 23, 26, 700, 701, 1700]);

/** What psql would print, ending with a line's end. */
export function printed(text: string, outcome: SqlOutcome): string {
  return outcome.kind === "answer" ? answerText(outcome.answer) : errorText(text, outcome.error);
}

function answerText({ fields, rows, command, rowCount }: SqlAnswer): string {
  if (fields.length === 0)
    return `${[command, rowCount].filter((word) => word !== null).join(" ")}\n`;
  const cells = rows.map((row) => row.map((value) => visible(value ?? "")));
  const widths = fields.map(({ name }, at) =>
    cells.reduce((most, row) => Math.max(most, lengthOf(row[at] ?? "")), lengthOf(visible(name))),
  );
  const line = (
    texts: readonly string[],
    pad: (text: string, width: number, at: number) => string,
  ) => ` ${texts.map((text, at) => pad(text, widths[at] ?? 0, at)).join(" | ")}`.trimEnd();
  const head = line(
    fields.map(({ name }) => visible(name)),
    centred,
  );
  const rule = widths.map((width) => "-".repeat(width + 2)).join("+");
  const body = cells.map((row) =>
    line(row, (text, width, at) =>
      NUMBER_TYPES.has(fields[at]?.typeId ?? 0)
        ? padding(text, width) + text
        : text + padding(text, width),
    ),
  );
  const count = `(${rows.length} ${rows.length === 1 ? "row" : "rows"})`;
  return `${[head, rule, ...body, count].join("\n")}\n\n`;
}

function errorText(text: string, error: SqlError): string {
  const { severity, message, detail, hint, position, code } = error;
  const lines = [`${severity}:  ${message}`];
  if (position !== undefined) lines.push(...pointAt(text, position));
  if (detail !== undefined) lines.push(`DETAIL:  ${detail}`);
  if (hint !== undefined) lines.push(`HINT:  ${hint}`);
  if (code === READ_ONLY) {
    lines.push(
      "HINT:  Nothing can be written here. Push events over HTTP; to change a table of your own, start with --write.",
    );
  }
  return `${lines.join("\n")}\n`;
}

/** The line of the statement with the character at `position`, which counts from 1, and a mark under it. */
function pointAt(text: string, position: number): string[] {
  const before = [...text].slice(0, position - 1).join("");
  const number = before.split("\n").length;
  const line = text.split("\n")[number - 1] ?? "";
  const lead = `LINE ${number}: `;
  const column = lengthOf(before.slice(before.lastIndexOf("\n") + 1));
  return [lead + line, `${" ".repeat(lead.length + column)}^`];
}

/** A row is a line, whatever it holds. */
function visible(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what is looked for
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, (control) =>
    JSON.stringify(control)
      .slice(1, -1)
      .replace(control, `\\u00${control.charCodeAt(0).toString(16)}`),
  );
}

function lengthOf(text: string): number {
  return [...text].length;
}

function padding(text: string, width: number): string {
  return " ".repeat(Math.max(0, width - lengthOf(text)));
}

function centred(text: string, width: number): string {
  const left = (width - lengthOf(text)) >> 1;
  return " ".repeat(left) + text + " ".repeat(width - lengthOf(text) - left);
}
