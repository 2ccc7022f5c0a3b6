import type { Frame } from "../../data/bars/join.ts";
import { newestTs } from "../../data/bars/lines.ts";
import type { Span } from "../../data/bars/ranges.ts";
import { type FeedDeps, telling } from "../feed-deps.ts";
import { run } from "../machine.ts";
import { newestNamed, panelMachine } from "./panel-machine.ts";
import { initialPanels, type Panel } from "./panel-state.ts";

/** The metrics of one symbol. */
export function openPanelFeed(deps: FeedDeps, symbol: string, first: Span | null) {
  const { api } = deps;
  const feed = run(panelMachine, initialPanels(first), deps, {
    ...telling(deps),
    async askNames({ id }) {
      feed.send({ type: "named", id, answer: await api.metricNames(symbol) });
    },
    async askSeries({ id, query }) {
      const { metric } = query;
      feed.send({ type: "drawn", metric, id, answer: await api.series({ ...query, symbol }) });
    },
  });
  const panels = (): readonly Panel[] => [...feed.state().panels.values()];
  return {
    panels,
    panel: (metric: string): Panel | null => feed.state().panels.get(metric) ?? null,
    span: () => feed.state().span,
    /**
     * Time of the newest point of any panel, as soon as it is known by name; 0 where there is none. They all end there, so
     * that they line up.
     */
    endUs: () =>
      panels().reduce(
        (end, { lines }) => Math.max(end, newestTs(lines)),
        newestNamed(feed.state().named),
      ),
    load: () => feed.send({ type: "load" }),
    take: (frame: Frame) => feed.send({ type: "frame", frame }),
    choose: (span: Span) => feed.send({ type: "choose", span }),
    close: feed.stop,
  };
}
