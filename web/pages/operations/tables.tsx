import { sumsBy } from "../../data/figures/exposition.ts";
import { type Look, rateOf } from "../../data/figures/since.ts";
import { formatValue, formatVolume } from "../../data/words/format.ts";
import type { ServerState } from "../../feed/api.ts";

const WARNING_WORDS: Record<string, string> = {
  reading_is_public: "Anybody who reaches the server may read (PUBLIC_READ).",
  storage_full: "The disk is full.",
  storing_behind: "Storing is behind.",
};

/** What came and what was refused, by kind and by cause, since the runtimes began and lately. */
export function Tables({ looks, state }: { looks: readonly Look[]; state: ServerState | null }) {
  const now = looks.at(-1);
  const first = looks[0];
  if (now === undefined || first === undefined) return null;
  return (
    <div class="tables">
      <Counts
        title="Accepted events"
        name="edgetape_accepted_events_total"
        label="kind"
        {...{ first, now }}
      />
      <Counts
        title="Refused requests"
        name="edgetape_refused_requests_total"
        label="cause"
        {...{ first, now }}
      />
      <Counts
        title="Requests by route"
        name="edgetape_requests_total"
        label="route"
        {...{ first, now }}
      />
      {state !== null && state.warnings.length > 0 && (
        <section>
          <h2>Said at start</h2>
          <ul>
            {state.warnings.map((warning) => (
              <li key={warning}>{WARNING_WORDS[warning] ?? warning.replaceAll("_", " ")}</li>
            ))}
          </ul>
        </section>
      )}
    </div>
  );
}

const ROWS = 12;

function Counts(props: { title: string; name: string; label: string; first: Look; now: Look }) {
  const { title, name, label, first, now } = props;
  const rows = sumsBy(now.figures, name, label).filter(([, sum]) => sum > 0);
  return (
    <section>
      <h2>{title}</h2>
      {rows.length === 0 ? (
        <p class="dim">None since the runtimes began.</p>
      ) : (
        <table class="plain-table">
          <thead>
            <tr>
              <th scope="col">{label}</th>
              <th scope="col" class="number">
                In all
              </th>
              <th scope="col" class="number">
                A second
              </th>
            </tr>
          </thead>
          <tbody>
            {rows.slice(0, ROWS).map(([key, sum]) => (
              <tr key={key}>
                <th scope="row">{key}</th>
                <td class="number">{formatVolume(sum)}</td>
                <td class="number">{rateWords(rateOf(first, now, name, { [label]: key }))}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

function rateWords(rate: number | null): string {
  return rate === null ? "—" : formatValue(rate);
}
