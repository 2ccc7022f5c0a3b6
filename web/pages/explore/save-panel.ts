import { CANVAS_FONT, colour, lineColour } from "../../charts/theme.ts";
import { csvOf } from "../../data/explore/panel-csv.ts";
import { nameOf, type PanelAnswer, titleOf } from "../../data/explore/panel-lines.ts";
import { timeText, type ZoneId } from "../../data/times/times.ts";

const MARGIN_PX = 12;
const ROW_PX = 20;
const LETTER_PX = 12;

/** Gives the browser what a panel draws as a file. */
export function saveCsv(answer: PanelAnswer): void {
  const type = "text/csv;charset=utf-8";
  save(`${titleOf(answer.question)}.csv`, new Blob([csvOf(answer)], { type }));
}

/**
 * Gives the browser the painted panel as a file, on the ground of the page, below what it asks, from when to when by the clocks of
 * `zone`, and its lines' names.
 */
export function savePng(
  painted: HTMLCanvasElement | null,
  { question, bounds, lines, compared }: PanelAnswer,
  zone: ZoneId,
): void {
  if (painted === null) return;
  const times = [bounds.fromUs, bounds.toUs].map((us) => timeText("dateClock", us / 1_000, zone));
  const rows = [
    { text: titleOf(question), ink: colour("text") },
    {
      text: `${times.join(" – ")}, ${zone}${compared.length > 0 ? "; dashed: a day before" : ""}`,
      ink: colour("text-dim"),
    },
    ...lines.map((line, at) => ({
      text: nameOf(line, { lines, symbolCount: question.symbols.length }),
      ink: lineColour(at),
    })),
  ];
  // As many pixels as the screen has to each of the page.
  const scale = painted.width / painted.clientWidth;
  const canvas = document.createElement("canvas");
  canvas.width = painted.width + 2 * MARGIN_PX * scale;
  canvas.height = painted.height + (2 * MARGIN_PX + ROW_PX * rows.length) * scale;
  const pen = canvas.getContext("2d");
  if (pen === null) return;
  pen.fillStyle = colour("surface");
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.font = `${LETTER_PX * scale}px ${CANVAS_FONT}`;
  rows.forEach(({ text, ink }, row) => {
    pen.fillStyle = ink;
    pen.fillText(text, MARGIN_PX * scale, (MARGIN_PX + ROW_PX * row + LETTER_PX) * scale);
  });
  pen.drawImage(painted, MARGIN_PX * scale, (MARGIN_PX + ROW_PX * rows.length) * scale);
  canvas.toBlob((blob) => {
    if (blob !== null) save(`${titleOf(question)}.png`, blob);
  });
}

function save(name: string, blob: Blob): void {
  const link = document.createElement("a");
  link.download = name.replaceAll(/[^\p{L}\p{N}._-]+/gu, "-");
  link.href = URL.createObjectURL(blob);
  link.click();
  URL.revokeObjectURL(link.href);
}
