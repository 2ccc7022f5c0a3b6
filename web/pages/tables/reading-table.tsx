/** A row that is named by its moment. */
export interface ReadRow {
  /** In microseconds. */
  ts: number;
  time: string;
  cells: readonly string[];
}

/** What a chart shows, for who does not see it, the newest first. Nothing announces it: it is read where one goes there. */
export function ReadingTable(props: {
  label: string;
  columns: readonly string[];
  rows: readonly ReadRow[];
}) {
  const { label, columns, rows } = props;
  return (
    <table aria-label={`${label}, newest first`}>
      <thead>
        <tr>
          {["time", ...columns].map((name, at) => (
            <th key={at} scope="col">
              {name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map(({ ts, time, cells }) => (
          <tr key={ts}>
            <th scope="row">{time}</th>
            {cells.map((cell, at) => (
              <td key={at}>{cell}</td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
