/** A host of the operator's own that webhooks may go to; `port` null: any. */
export interface AllowedHost {
  /** As a URL writes it. */
  host: string;
  port: string | null;
}
