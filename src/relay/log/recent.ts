/** The last few of something, the newest last. */
export class Recent<T> {
  readonly #items: T[] = [];
  readonly #most: number;

  /** @param most How many are kept. */
  constructor(most: number) {
    this.#most = most;
  }

  add(item: T): void {
    this.#items.push(item);
    if (this.#items.length > this.#most) this.#items.shift();
  }

  list(): T[] {
    return [...this.#items];
  }
}
