import type { AlertsAnswer } from "../../../src/protocol/answers/alerts.ts";
import type { AlertEvent } from "../../../src/protocol/events/alert.ts";
import type { LatestMessage } from "../../../src/protocol/streams/server-message.ts";

/** That a rule fires, for who looks elsewhere. */
export interface Fired {
  /** One firing has one tag: of several tabs that show it the browser keeps one. */
  tag: string;
  title: string;
  body: string;
  symbol: string;
}

type Alert = Pick<AlertsAnswer["alerts"][number], "rule" | "since" | "message"> & {
  symbol: string;
  state: AlertEvent["state"];
  series?: string | null | undefined;
  value?: number | null | undefined;
};

/** What a stream of last values tells of alerts. */
export function alertsIn({ rooms }: Pick<LatestMessage, "rooms">): Alert[] {
  return rooms.flatMap(({ symbol, events }) =>
    events.flatMap((event) =>
      event.kind === "alert" ? [{ ...event, symbol, since: event.ts }] : [],
    ),
  );
}

/** Tells of each firing that begins after `openedUs` once, however often it is among what is told. */
export function firedSince(openedUs: number): (told: readonly Alert[]) => Fired[] {
  const newest = new Map<string, number>();
  return (told) =>
    told.flatMap(({ symbol, rule, series, state, since, value, message }): Fired[] => {
      const alert = [rule, symbol, series].join("\n");
      if (state !== "firing" || since <= (newest.get(alert) ?? openedUs)) return [];
      newest.set(alert, since);
      const title = [rule, symbol, ...(value == null ? [] : [value])].join(" · ");
      return [{ tag: `${alert}\n${since}`, title, body: message, symbol }];
    });
}
