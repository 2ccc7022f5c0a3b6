import type { ZoneChoice } from "../../feed/zone.ts";
import { Painted } from "../painted.ts";

/** Zones of large exchanges come before all others. */
const EXCHANGES = [
  ...["America/New_York", "America/Chicago", "Europe/London", "Europe/Berlin", "Asia/Kolkata"],
  ...["Asia/Singapore", "Asia/Hong_Kong", "Asia/Tokyo", "Australia/Sydney"],
];

/** Whose clocks all times of all pages are told by. */
export function ZoneSwitch(props: { chosen: ZoneChoice; onChoose(choice: ZoneChoice): void }) {
  const { chosen, onChoose } = props;
  return (
    <label class="zone-switch" title="The time zone of all times">
      <span aria-hidden="true">{wordsOf(chosen)}</span>
      <select
        aria-label="Time zone"
        data-testid="zone-switch"
        value={chosen}
        onChange={(event) => onChoose((event.target as HTMLSelectElement).value)}
      >
        {/* Some 400 of them: the page is rendered each second. */}
        <Painted of={[chosen]}>
          {() => (
            <>
              <option value="local">Local time</option>
              <option value="UTC">UTC</option>
              <optgroup label="Exchanges">{EXCHANGES.map(optionOf)}</optgroup>
              <optgroup label="All zones">{othersWith(chosen).map(optionOf)}</optgroup>
            </>
          )}
        </Painted>
      </select>
    </label>
  );
}

function optionOf(id: string) {
  return (
    <option key={id} value={id}>
      {id.replaceAll("_", " ")}
    </option>
  );
}

/** Every zone without one in the options already; the chosen one is there, whatever the browser lists. */
function othersWith(chosen: ZoneChoice): string[] {
  const listed: string[] = Intl.supportedValuesOf?.("timeZone") ?? [];
  const before = new Set<string>(["local", "UTC", ...EXCHANGES]);
  return [...new Set([...listed, chosen])].filter((id) => !before.has(id)).sort();
}

function wordsOf(chosen: ZoneChoice): string {
  return chosen === "local" ? "Local" : chosen.replace(/.*\//, "").replaceAll("_", " ");
}
