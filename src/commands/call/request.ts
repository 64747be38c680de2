/** A call, independent of its target. */
export interface CallRequest {
  /** Undefined for an instance, which has no channels. */
  readonly channel: string | undefined;
  /** The method or, with `--listen`, the event. */
  readonly name: string;
  readonly arg: unknown;
  /** The time limit, in milliseconds. */
  readonly timeoutMs: number;
}
