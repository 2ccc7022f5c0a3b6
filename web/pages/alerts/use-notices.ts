import { useEffect, useState } from "preact/hooks";
import type { Fired } from "../../data/alerts/fired.ts";
import { pathOfSymbol } from "../../data/route.ts";
import type { Api } from "../../feed/api.ts";
import type { Clock } from "../../feed/clock.ts";
import { keep, readKept } from "../../feed/kept.ts";
import type { ServerWatch } from "../../feed/symbols/server-watch.ts";
import { tapeDeps } from "../../feed/tape-deps.ts";
import { readToken } from "../../feed/token.ts";
import { navigate } from "../shell/link.tsx";

const KEY = "edgetape.notices";
const ON = "on";
const readNotices = () => readKept(KEY) === ON && window.Notification?.permission === "granted";

/** Whether this page has the browser show what fires, and how to choose; anew with each token. */
export function useNotices(props: {
  api: Api;
  clock: Clock;
  server: ServerWatch;
  renewals: number;
  isFramed: boolean;
}) {
  const { api, clock, server, renewals, isFramed } = props;
  const [areOn, setOn] = useState(readNotices);
  useEffect(() => {
    if (!areOn || isFramed) return;
    let close = () => {};
    let isOver = false;
    // The stream is in the market's script: who wants no notices need not load it.
    import("../market/market-page.tsx").then(
      ({ openAlertNotices }) => {
        if (isOver) return;
        const [tape, baseUrl] = [tapeDeps(clock, server), window.location.origin];
        close = openAlertNotices({ api, tape, baseUrl, token: readToken() ?? undefined, show });
      },
      () => setOn(false),
    );
    return () => {
      isOver = true;
      close();
    };
  }, [areOn, renewals]);
  return {
    areOn,
    choose(next: boolean) {
      keep(KEY, next ? ON : "off");
      setOn(next);
    },
  };
}

function show({ title, body, tag, symbol }: Fired): void {
  const notice = new Notification(title, { body, tag });
  notice.onclick = () => {
    window.focus();
    notice.close();
    navigate(pathOfSymbol(symbol));
  };
}
