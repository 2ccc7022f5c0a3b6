import { pathOfTrace } from "../../data/route.ts";
import { formatAge } from "../../data/words/format.ts";
import { askTracedOrders } from "../../feed/trace/recent-orders.ts";
import { Command, pushCommand } from "../market/command.tsx";
import type { Desk } from "../shell/desk.ts";
import { FailureWords } from "../shell/failure-words.tsx";
import { Link } from "../shell/link.tsx";
import { useAnswer } from "../shell/use-answer.ts";

/** Nobody has sent an order that bears an id: it is looked for again after so long, in ms. */
const AGAIN_MS = 15_000;

/** Ids of the newest orders to choose from, and the command that asks for one, or the one that pushes a first. */
export function RecentIds({ desk }: { desk: Desk }) {
  const { api, clock, symbols } = desk;
  const { value, failure } = useAnswer(
    desk,
    symbols.known ? () => askTracedOrders(api, symbols.list) : null,
    (orders) => (orders.length > 0 ? null : AGAIN_MS),
    [api, symbols.known],
  );
  if (value === null) return <FailureWords failure={failure} />;
  const { origin } = window.location;
  const [newest] = value;
  return (
    <>
      {newest !== undefined && (
        <ul class="legs" aria-label="The newest orders that bear an id">
          {value.map(({ id, symbol, status, ts, correlation_id }) => (
            <li key={`${symbol} ${id}`}>
              <Link to={pathOfTrace(correlation_id)} class="in-text">
                {correlation_id}
              </Link>{" "}
              <span class="dim">
                {symbol} {status.replace("_", " ")}, {formatAge(clock.nowMs() - ts / 1_000)}
              </span>
            </li>
          ))}
        </ul>
      )}
      <p class="dim">
        {newest ? "The same for a program:" : "This pushes a first order that bears one:"}
      </p>
      <Command
        clock={clock}
        command={
          newest
            ? traceCommand(origin, newest.correlation_id)
            : pushCommand(origin, "/api/orders", {
                ...{ symbol: "ACME", id: "o-1", status: "sent", side: "buy", quantity: 20 },
                correlation_id: "req-1",
              })
        }
      />
    </>
  );
}

/** An apostrophe is the one sign that an address may have and a quoted text of the shell may not. */
function traceCommand(origin: string, id: string): string {
  return [
    `curl -sS '${origin}/api${pathOfTrace(id).replaceAll("'", "%27")}' \\`,
    `  -H "authorization: Bearer $(npm run -s token -- --scope read)"`,
  ].join("\n");
}
