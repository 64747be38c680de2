/** What is asked, whoever is to answer. */
export interface CallRequest {
  /** Undefined for an instance, which has none. */
  readonly channel: string | undefined;
  /** The method or, with `--listen`, the event. */
  readonly name: string;
  readonly arg: unknown;
  /** Milliseconds. */
  readonly timeoutMs: number;
}
