import type { Ledger } from "./ledger.ts";
import type { StoredEvent } from "./stored-tape.ts";

/** What one symbol's tape looks like from every side. */
export type Evidence = {
  symbol: string;
  stored: readonly StoredEvent[];
  viewers: readonly { name: string; seen: readonly number[]; faults: readonly string[] }[];
};

/** Wrong numbers named in one sentence. */
const NAMED = 10;

/** Every way in which the evidence breaks a promise, in words; none where all of them were kept. */
export function violations(ledger: Ledger, { symbol, stored, viewers }: Evidence): string[] {
  const found: string[] = [];
  const say = (what: string, numbers: readonly number[]) => {
    if (numbers.length === 0) return;
    const more = numbers.length > NAMED ? ` and ${numbers.length - NAMED} more` : "";
    found.push(`${symbol}: ${what}: ${numbers.slice(0, NAMED).join(", ")}${more}`);
  };
  const cursorOf = new Map(stored.map((event) => [event.number, event.cursor]));
  const numbers = stored.map((event) => event.number);
  say("stored twice", repeated(numbers));
  say(
    "acknowledged and not stored",
    ledger.acknowledged(symbol).filter((number) => !cursorOf.has(number)),
  );
  const sent = new Set(ledger.batches.flatMap((batch) => batch.numbers.get(symbol) ?? []));
  say(
    "stored and never sent",
    numbers.filter((number) => !sent.has(number)),
  );
  for (const { numbers: bySymbol, state } of ledger.batches) {
    const part = bySymbol.get(symbol) ?? [];
    const there = part.filter((number) => cursorOf.has(number));
    if (there.length > 0 && there.length < part.length) say("stored in part", there);
    if (state.kind === "refused") say(`refused with ${state.status}, and stored`, there);
    if (state.kind === "acknowledged") {
      const acknowledged = state.cursors[symbol] ?? 0;
      say(
        `stored after the acknowledged cursor ${acknowledged}`,
        part.filter((number) => (cursorOf.get(number) ?? 0) > acknowledged),
      );
    }
  }
  for (const { name, seen, faults } of viewers) {
    for (const fault of faults) found.push(`${symbol}: ${name}: ${fault}`);
    say(`${name} was shown twice`, repeated(seen));
    const shown = new Set(seen);
    say(
      `${name} was never shown`,
      numbers.filter((number) => !shown.has(number)),
    );
    say(
      `${name} was shown what is not stored`,
      seen.filter((number) => !cursorOf.has(number)),
    );
    const firstWrong = numbers.findIndex((number, index) => seen[index] !== number);
    if (firstWrong >= 0) {
      found.push(`${symbol}: ${name}: order differs from the log's from event ${firstWrong} on`);
    }
  }
  return found;
}

function repeated(numbers: readonly number[]): number[] {
  const seen = new Set<number>();
  return numbers.filter((number) => {
    const again = seen.has(number);
    seen.add(number);
    return again;
  });
}
