import type { Desk } from "../shell/desk.ts";
import { useAnswer } from "../shell/use-answer.ts";
import { AlertLines } from "./alert-lines.tsx";

/** Asked for so often while somebody looks. */
const AGAIN_MS = 60_000;
const MOST = 8;

/** What fires and what is about to, of a symbol; nothing where nothing does. */
export function AlertStrip({ desk, symbol }: { desk: Desk; symbol: string }) {
  const { api, clock } = desk;
  const { value } = useAnswer(
    desk,
    () => api.alerts(symbol),
    () => AGAIN_MS,
    [api, symbol],
  );
  if (value === null || value.alerts.length === 0) return null;
  return <AlertLines alerts={value.alerts} {...{ clock, symbol }} most={MOST} />;
}
