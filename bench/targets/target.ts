/** Something the bench measures, running. */
export type Target = {
  name: string;
  port: number;
  /** The runtime's process, for CPU and memory. */
  workerdPid: number;
  stop(): Promise<void>;
};

/** The product also has a token and a database. */
export type ProductTarget = Target & {
  token: string;
  dataDir: string;
  databasePid: number;
  /** Of every runtime; `workerdPid` is the first of them. */
  runtimePids: readonly number[];
  /** Runs SQL through the database endpoint; rows come as text. */
  sql(text: string, params?: (string | null)[]): Promise<(string | null)[][]>;
};

export function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
