import { nameOf, type PanelAnswer, titleOf } from "../../data/explore/panel-lines.ts";
import type { ZoneId } from "../../data/times/times.ts";
import { PointTable } from "../tables/point-table.tsx";

/** What a panel draws, as a table; where days are compared, each line of yesterday behind those of today. */
export function PanelTable({ answer, zone }: { answer: PanelAnswer; zone: ZoneId }) {
  const { question, lines, compared } = answer;
  const names = lines.map((line) => nameOf(line, { lines, symbolCount: question.symbols.length }));
  return (
    <PointTable
      label={titleOf(question)}
      lines={[...lines, ...compared]}
      names={[...names, ...names.slice(0, compared.length).map((name) => `yesterday ${name}`)]}
      {...{ window: null, zone }}
    />
  );
}
