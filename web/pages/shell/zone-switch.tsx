import { useMemo } from "preact/hooks";
import type { ZoneChoice } from "../../feed/zone.ts";

/** Zones of large exchanges come before all others. */
const EXCHANGES = [
  ["America/New_York", "New York"],
  ["America/Chicago", "Chicago"],
  ["Europe/London", "London"],
  ["Europe/Berlin", "Frankfurt"],
  ["Asia/Kolkata", "Mumbai"],
  ["Asia/Singapore", "Singapore"],
  ["Asia/Hong_Kong", "Hong Kong"],
  ["Asia/Tokyo", "Tokyo"],
  ["Australia/Sydney", "Sydney"],
] as const;

/** Whose clocks all times of all pages are told by. */
export function ZoneSwitch(props: { chosen: ZoneChoice; onChoose(choice: ZoneChoice): void }) {
  const { chosen, onChoose } = props;
  // Some 400 of them: the page is rendered each second.
  const options = useMemo(
    () => (
      <>
        <option value="local">Local time</option>
        <option value="UTC">UTC</option>
        <optgroup label="Exchanges">
          {EXCHANGES.map(([id, words]) => (
            <option key={id} value={id}>
              {words}
            </option>
          ))}
        </optgroup>
        <optgroup label="All zones">
          {othersWith(chosen).map((id) => (
            <option key={id} value={id}>
              {id.replaceAll("_", " ")}
            </option>
          ))}
        </optgroup>
      </>
    ),
    [chosen],
  );
  return (
    <label class="zone-switch" title="The time zone of all times">
      <span aria-hidden="true">{wordsOf(chosen)}</span>
      <select
        aria-label="Time zone"
        data-testid="zone-switch"
        value={chosen}
        onChange={(event) => onChoose((event.target as HTMLSelectElement).value)}
      >
        {options}
      </select>
    </label>
  );
}

/** Every zone without one in the options already; the chosen one is there, whatever the browser lists. */
function othersWith(chosen: ZoneChoice): string[] {
  const listed: string[] = Intl.supportedValuesOf?.("timeZone") ?? [];
  const before = new Set<string>(["local", "UTC", ...EXCHANGES.map(([id]) => id)]);
  return [...new Set([...listed, chosen])].filter((id) => !before.has(id)).sort();
}

function wordsOf(chosen: ZoneChoice): string {
  const exchange = EXCHANGES.find(([id]) => id === chosen);
  if (exchange !== undefined) return exchange[1];
  return chosen === "local" ? "Local" : chosen.replace(/.*\//, "").replaceAll("_", " ");
}
