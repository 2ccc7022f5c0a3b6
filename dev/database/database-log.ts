/** One line of the log of the database's process. */
export type DatabaseLog = (
  level: "info" | "warning" | "error",
  event: string,
  facts: Record<string, unknown>,
) => void;
