import { expect } from "vitest";
import type { AlertCatalog, AlertNotice } from "../../../../src/bindings/alerts.ts";
import type { AlertRule } from "../../../../src/protocol/alerts/rule.ts";
import type { AlertEvent } from "../../../../src/protocol/events/alert.ts";
import type { ModelTape } from "./tape.ts";

/** Trades have prices from 100 to 136. */
const HIGH = 118;

export const RULES: readonly AlertRule[] = [
  { name: "high", symbols: "*", on: { price: "last" }, condition: { above: HIGH } },
  {
    ...{ name: "waits", symbols: "*-USD", on: { metric: "m1" }, condition: { above: 20 } },
    ...{ for: "3s", keep_firing_for: "1s", no_data: "ok", no_data_after: "60s" },
  },
  {
    ...{ name: "still", symbols: "BTC-*", on: { silence: "trade" } },
    condition: { stale: { after: "30s" } },
  },
];

/** The rules of the model, and what webhooks would be told. */
export class ModelAlerts {
  readonly told = new Map<string, AlertNotice>();

  catalog(): AlertCatalog {
    return { version: 1, rules: [...RULES] };
  }

  heard(notices: readonly AlertNotice[]): void {
    for (const notice of notices) this.told.set(notice.change.id, notice);
  }
}

/** What must be true of the alerts of one symbol. */
export class AlertChain {
  readonly #last = new Map<string, AlertEvent>();

  /** AL-4: each change goes on from the one before, whatever died between them. */
  add(event: AlertEvent, tape: ModelTape): void {
    const key = `${event.rule} ${event.series ?? ""}`;
    const known = this.#last.get(key);
    expect(event.state).not.toBe(event.from);
    // Another database does not know what the one before knew of an earlier host.
    if (!tape.isReplaced) expect(event.from).toBe(known?.state ?? "inactive");
    this.#last.set(key, event);
  }

  /** AL-10: whatever has happened, an alert without `for` is what the last price says. */
  check(tape: ModelTape): void {
    if (tape.isReplaced) return;
    let last: { ts: number; price: number } | null = null;
    for (const { event } of tape.entries) {
      if (event.kind === "trade" && (last === null || event.ts >= last.ts)) last = event;
    }
    const isHigh = last !== null && last.price > HIGH;
    expect(this.#last.get("high ")?.state ?? "inactive").toBe(isHigh ? "firing" : "inactive");
  }

  /** Changes that somebody is told of. */
  get firing(): AlertEvent[] {
    return [...this.#last.values()].filter(({ state }) => state === "firing");
  }
}
