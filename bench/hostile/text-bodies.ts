/** A body that is as long as the limits allow and wants more work, or memory, than it has bytes. */
export interface HostileBody {
  name: string;
  bytes: Uint8Array;
}

const ENCODER = new TextEncoder();
const text = (name: string, body: string): HostileBody => ({ name, bytes: ENCODER.encode(body) });

/** `unit` again and again, up to so many bytes. */
function filled(bytes: number, unit: string, before = "", after = ""): string {
  const times = Math.floor((bytes - before.length - after.length) / ENCODER.encode(unit).length);
  return before + unit.repeat(times) + after;
}

export function jsonBodies(bytes: number): HostileBody[] {
  const point = '{"symbol":"A","metric":"m","value":1}';
  const labels = Array.from({ length: 20 }, (_, at) => `"l${at}":"${"x".repeat(9)}"`);
  const labelled = `{"symbol":"A","metric":"m","value":1,"labels":{${labels.join(",")}}}`;
  const label = (at: number) => `"l${at}":"${"x".repeat(20)}"`;
  const wide = Array.from({ length: 20_000 }, (_, at) => label(at)).join(",");
  return [
    text("nested arrays", filled(bytes, "[")),
    text("nested objects", filled(bytes, '{"a":')),
    text("empty objects", filled(bytes, "{},", "[", "{}]")),
    text("numbers", filled(bytes, "1,", "[", "1]")),
    text("one long number", filled(bytes, "9", '[{"metric":"m","value":', "}]")),
    text("one long name", filled(bytes, "a", '[{"metric":"', '","value":1}]')),
    text("escapes", filled(bytes, "\\u00e9", '[{"metric":"', '","value":1}]')),
    text("escaped quotes", filled(bytes, '\\"', '[{"metric":"', '","value":1}]')),
    text("letters of two bytes", filled(bytes, "é", '[{"metric":"', '","value":1}]')),
    text("good points", filled(bytes, `${point},`, "[", `${point}]`)),
    text("good points of 20 labels", filled(bytes, `${labelled},`, "[", `${labelled}]`)),
    text(
      "points of wrong values",
      filled(bytes, '{"metric":"m","value":"x"},', "[", '{"metric":1}]'),
    ),
    text(
      "labels without end",
      filled(bytes, `{"metric":"m","value":1,"labels":{${wide}}},`, "[", "{}]"),
    ),
    text("one key again and again", filled(bytes, '"a":1,', "[{", '"a":1}]')),
    text("spaces", filled(bytes, " ", "[", "]")),
    text("not closed", filled(bytes, `${point},`, "[")),
  ];
}

export function ndjsonBodies(bytes: number): HostileBody[] {
  const labels = Array.from({ length: 20 }, (_, at) => `"l${at}":"${"x".repeat(9)}"`);
  const labelled = `{"symbol":"A","metric":"m","value":1,"labels":{${labels.join(",")}}}`;
  return [
    text("blank lines", filled(bytes, "\n")),
    text("good points of 20 labels, a line", filled(bytes, `${labelled}\n`)),
    text("one long name", filled(bytes, "a", '{"metric":"', '","value":1}')),
    text("brackets that are not closed", filled(bytes, `[{"a":[${"x".repeat(900)}\n`)),
  ];
}

export function lineBodies(bytes: number): HostileBody[] {
  return [
    text("commas", filled(bytes, ",")),
    text("backslashes", filled(bytes, "\\", "m")),
    text("tags without end", filled(bytes, "a=b,", "m,", "a=b v=1")),
    text("fields without end", filled(bytes, "f=1,", "m ", "f=1")),
    text("quotes never closed, a line", filled(bytes, 'm v="a\n')),
    text("escaped quotes", filled(bytes, '\\"', 'm v="')),
    text("quotes full of newlines", filled(bytes, "\n", 'm v="', '"')),
    text("quotes full of newlines, never closed", filled(bytes, "\n", 'm v="')),
    text("long lines", filled(bytes, `m v="${"x".repeat(100_000)}"\n`)),
    text("quotes again and again", filled(bytes, '="" ', "m ")),
    text("one comment", filled(bytes, "x", "#")),
    text("comments", filled(bytes, "#\n")),
    text("blank lines", filled(bytes, "\n")),
    text("lone letters", filled(bytes, "m\n")),
    text("good lines", filled(bytes, "m v=1\n")),
    text("long digits", filled(bytes, "9", "m v=1 ")),
    text("equals", filled(bytes, "=", "m,a")),
  ];
}

export function logBodies(bytes: number): HostileBody[] {
  return [
    text("lines of one letter", filled(bytes, "x\n")),
    text("nested objects, a line", filled(bytes, `${'{"a":'.repeat(200)}1${"}".repeat(200)}\n`)),
    text("blank lines", filled(bytes, "\n")),
    text("one line", filled(bytes, "x")),
    text("broken objects", filled(bytes, '{"msg":"a\n')),
    text("good lines", filled(bytes, '{"level":"info","msg":"a"}\n')),
    text(
      "many fields, a line",
      filled(
        bytes,
        `{"msg":"a",${Array.from({ length: 3_000 }, (_, at) => `"f${at}":1`).join(",")}}\n`,
      ),
    ),
    text("an array of empty objects", filled(bytes, "{},", "[", "{}]")),
    text("equal signs", filled(bytes, "a=b ", "level=info ")),
    text("time after time", filled(bytes, "2026-01-01T00:00:00Z ")),
  ];
}
