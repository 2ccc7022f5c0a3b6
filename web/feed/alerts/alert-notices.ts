import type { TapeDeps } from "../../../client/deps.ts";
import { type LatestStreamOptions, openLatestStream } from "../../../client/latest-stream.ts";
import { alertsIn, type Fired, firedSince } from "../../data/alerts/fired.ts";
import type { Api } from "../api.ts";
import { paced } from "../paced.ts";

export interface AlertNoticesDeps {
  api: Pick<Api, "alerts">;
  tape: TapeDeps;
  baseUrl: string;
  token?: LatestStreamOptions["token"] | undefined;
  show(fired: Fired): void;
}

/** A question goes to every host. */
const ASK_MS = 5_000;

/** Shows what begins to fire in any symbol from now on; the function it returns ends that. */
export function openAlertNotices(deps: AlertNoticesDeps): () => void {
  const { api, tape, baseUrl, token, show } = deps;
  const firedBy = firedSince(tape.nowMs() * 1_000);
  const take = (told: Parameters<typeof firedBy>[0]) => firedBy(told).forEach(show);
  // A room that comes, or comes back, says nothing of the alerts it has already (SPEC ST-10).
  const asking = paced(
    tape,
    async () => {
      const answer = await api.alerts();
      if (answer.kind === "ok") take(answer.value.alerts);
    },
    ASK_MS,
  );
  const stream = openLatestStream(
    {
      ...{ baseUrl, symbols: ["*"], channels: ["alert"], hz: 1 },
      ...(token !== undefined && { token }),
      onLatest(message) {
        take(alertsIn(message));
        if (message.rooms.some(({ whole }) => whole)) asking.ask();
      },
    },
    tape,
  );
  return () => {
    asking.stop();
    stream.close();
  };
}
