import { type Machine, type Moment, type Step, step } from "../machine.ts";

/** Between two looks for a server that is away: half a second at first, three at most. */
const SHORTEST_MS = 500;
const LONGEST_MS = 2_000;
/** Where the server is well and the page still does not get through, it is not pressed: connects are counted. */
const LONGEST_WELL_MS = 30_000;

interface ServerState {
  /** Who is cut off from the server. */
  away: ReadonlySet<string>;
  phase: { name: "resting" } | { name: "waiting"; untilMs: number } | { name: "looking" };
  looks: number;
  /** Looks in a row that found the server well. */
  wellLooks: number;
}

export type ServerMessage =
  | { type: "report"; who: string; isAway: boolean }
  /** `isAlive` null: nobody has looked, for the page is hidden. */
  | { type: "looked"; isAlive: boolean | null };

export type ServerEffect = { type: "look" } | { type: "retry" };

export const SERVER_WELL: ServerState = {
  away: new Set(),
  phase: { name: "resting" },
  looks: 0,
  wellLooks: 0,
};

/** Looks for a server that is away, and tells when it is back. */
export const serverMachine: Machine<ServerState, ServerMessage, ServerEffect> = {
  reduce(state, message, moment) {
    switch (message.type) {
      case "report": {
        const away = new Set(state.away);
        if (message.isAway) away.add(message.who);
        else away.delete(message.who);
        if (away.size === 0) return step(SERVER_WELL);
        const next = { ...state, away };
        return state.phase.name === "resting" ? wait(next, moment) : step(next);
      }
      case "looked": {
        const { isAlive } = message;
        if (state.phase.name !== "looking") return step(state);
        if (isAlive === null) return wait(state, moment);
        const { wellLooks } = state;
        const waiting = wait({ ...state, wellLooks: isAlive ? wellLooks + 1 : 0 }, moment);
        return isAlive ? { ...waiting, effects: [{ type: "retry" }] } : waiting;
      }
      case "tick": {
        const { phase } = state;
        if (phase.name !== "waiting" || moment.nowMs < phase.untilMs) return step(state);
        return step({ ...state, phase: { name: "looking" } }, { type: "look" });
      }
      default:
        return message satisfies never;
    }
  },
  wakeMs: ({ phase }) => (phase.name === "waiting" ? phase.untilMs : Number.POSITIVE_INFINITY),
};

function wait(state: ServerState, { nowMs, random }: Moment): Step<ServerState, ServerEffect> {
  const { looks, wellLooks } = state;
  const ceilingMs =
    wellLooks > 0
      ? Math.min(LONGEST_WELL_MS, SHORTEST_MS * 4 ** wellLooks)
      : Math.min(LONGEST_MS, SHORTEST_MS * 2 ** looks);
  const untilMs = nowMs + ceilingMs * (0.5 + random);
  return step({ ...state, looks: looks + 1, phase: { name: "waiting", untilMs } });
}
