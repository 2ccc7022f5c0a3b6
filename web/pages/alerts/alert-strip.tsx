import type { Desk } from "../shell/desk.ts";
import { useAnswer } from "../shell/use-answer.ts";
import { AlertLines } from "./alert-lines.tsx";

/** Asked for so often while somebody looks. */
const AGAIN_MS = 60_000;
const MOST = 8;

/** What fires and what is about to, of a symbol; nothing where nothing does. It is asked anew at each of the `changes`. */
export function AlertStrip(props: { desk: Desk; symbol: string; changes: number }) {
  const { desk, symbol, changes } = props;
  const { api, clock } = desk;
  const { value } = useAnswer(
    { ...desk, renewals: desk.renewals + changes },
    () => api.alerts(symbol),
    () => AGAIN_MS,
    [api, symbol],
  );
  if (value === null || value.alerts.length === 0) return null;
  return <AlertLines alerts={value.alerts} {...{ clock, symbol }} most={MOST} />;
}
