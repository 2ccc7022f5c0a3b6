import { CANVAS_FONT, colour, lineColour } from "../../charts/theme.ts";
import { csvOf } from "../../data/explore/panel-csv.ts";
import { nameOf, type PanelAnswer } from "../../data/explore/panel-lines.ts";

const MARGIN_PX = 12;
const LINE_PX = 20;

/** Gives the browser what a panel draws as a file. */
export function saveCsv(answer: PanelAnswer): void {
  save(`${answer.question.metric}.csv`, new Blob([csvOf(answer)], { type: "text/csv" }));
}

/** The painted panel with its title and its lines' names, on the ground of the page, as a file. */
export function savePng(painted: HTMLCanvasElement | null, title: string, answer: PanelAnswer) {
  if (painted === null) return;
  const scale = painted.width / painted.clientWidth;
  const texts = answer.lines.map((line) => nameOf(line, answer.question.symbols.length));
  const canvas = document.createElement("canvas");
  canvas.width = painted.width + 2 * MARGIN_PX * scale;
  canvas.height = painted.height + (2 * MARGIN_PX + LINE_PX * (texts.length + 1)) * scale;
  const pen = canvas.getContext("2d");
  if (pen === null) return;
  pen.fillStyle = colour("surface");
  pen.fillRect(0, 0, canvas.width, canvas.height);
  const write = (text: string, row: number, colourOf: string) => {
    pen.font = `${12 * scale}px ${CANVAS_FONT}`;
    pen.fillStyle = colourOf;
    pen.fillText(text, MARGIN_PX * scale, (MARGIN_PX + LINE_PX * row + 12) * scale);
  };
  write(title, 0, colour("text"));
  texts.forEach((text, at) => {
    write(text, at + 1, lineColour(at));
  });
  const below = (MARGIN_PX + LINE_PX * (texts.length + 1)) * scale;
  pen.drawImage(painted, MARGIN_PX * scale, below);
  canvas.toBlob((blob) => {
    if (blob !== null) save(`${title}.png`, blob);
  });
}

function save(name: string, blob: Blob): void {
  const link = document.createElement("a");
  link.download = name.replaceAll(/[^\p{L}\p{N}._-]+/gu, "-");
  link.href = URL.createObjectURL(blob);
  link.click();
  URL.revokeObjectURL(link.href);
}
