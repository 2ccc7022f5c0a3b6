import type { Scenario } from "../bench.ts";
import { ackLatency } from "./ack-latency.ts";
import { alertRules } from "./alert-rules.ts";
import { bytesPerEvent } from "./bytes-per-event.ts";
import { fanOutLatency } from "./fan-out.ts";
import { formsOfOthers } from "./forms-of-others.ts";
import { fullLog } from "./full-log.ts";
import { ingestBatches } from "./ingest-batches.ts";
import { ingestSingle } from "./ingest-single.ts";
import { logLines } from "./log-lines.ts";
import { manyRooms } from "./many-rooms.ts";
import { manySymbols } from "./many-symbols.ts";
import { firstData } from "./page/first-data.ts";
import { hour } from "./page/hour.ts";
import { longChart } from "./page/long-chart.ts";
import { manyPanels } from "./page/many-panels.ts";
import { watchList } from "./page/watch-list.ts";
import { reconnect } from "./reconnect.ts";
import { runtimeShares } from "./runtime-shares.ts";
import { saturation } from "./saturation.ts";
import { sustained } from "./sustained.ts";
import { twoRuntimes } from "./two-runtimes.ts";
import { viewerMemory } from "./viewer-memory.ts";
import { watchLists } from "./watch-lists.ts";

export const SCENARIOS: readonly Scenario[] = [
  ingestBatches,
  sustained,
  ingestSingle,
  ackLatency,
  fanOutLatency,
  saturation,
  reconnect,
  viewerMemory,
  bytesPerEvent,
  manySymbols,
  manyRooms,
  twoRuntimes,
  formsOfOthers,
  runtimeShares,
  logLines,
  alertRules,
  firstData,
  hour,
  watchList,
  longChart,
  manyPanels,
  fullLog,
  watchLists,
];
