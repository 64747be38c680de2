/** Measured values and their statistics. */
export class Samples {
  readonly #sorted: Float64Array;

  /** @throws {RangeError} if there are no values. */
  constructor(values: Iterable<number>) {
    this.#sorted = Float64Array.from(values).sort();
    if (this.#sorted.length === 0) throw new RangeError("no sample was taken");
  }

  get count(): number {
    return this.#sorted.length;
  }

  get min(): number {
    return this.#sorted[0]!;
  }

  get max(): number {
    return this.#sorted[this.count - 1]!;
  }

  get median(): number {
    return this.quantile(0.5);
  }

  /**
   * The value below which a share of the samples lies, interpolated between neighbours.
   *
   * @param share From 0 to 1; 0.95 is the 95th percentile.
   * @example
   * ```ts
   * new Samples([1, 2, 3]).quantile(0.5); // 2
   * ```
   */
  quantile(share: number): number {
    const at = share * (this.count - 1);
    const below = this.#sorted[Math.floor(at)]!;
    const above = this.#sorted[Math.ceil(at)]!;
    return below + (above - below) * (at - Math.floor(at));
  }
}
