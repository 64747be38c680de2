/**
 * Everything that was tried, one line each: for `--verbose`, and for the error if nothing was
 * found.
 */
export class Walk {
  readonly #lines = new Set<string>();
  readonly #passedOver = new Set<string>();
  readonly #onStep: ((line: string) => void) | undefined;

  readonly #onNotice: ((line: string) => void) | undefined;

  constructor(onStep?: (line: string) => void, onNotice?: (line: string) => void) {
    this.#onStep = onStep;
    this.#onNotice = onNotice;
  }

  /** Reports a notice for the user although a window is found; the same notice only once. */
  tell(line: string): void {
    if (this.#lines.has(line)) return;
    this.#lines.add(line);
    (this.#onNotice ?? this.#onStep)?.(line);
  }

  /** Notes a place and its outcome; the same outcome only once. */
  note(place: string, outcome: string): void {
    const line = `${place}: ${outcome}`;
    if (this.#lines.has(line)) return;
    this.#lines.add(line);
    this.#onStep?.(line);
  }

  /**
   * Remembers a window that would be the right one, but does not answer.
   *
   * @param window Describes it, such as `the window that has /home/ann/api`.
   */
  passOver(window: string): void {
    this.#passedOver.add(window);
  }

  /** Ends the walk for a path. If a window was found, the user is told which were passed over. */
  end(found: boolean): void {
    for (const window of found ? this.#passedOver : []) {
      this.tell(`${window} does not answer: another window is used`);
    }
    this.#passedOver.clear();
  }

  get lines(): readonly string[] {
    return [...this.#lines];
  }
}
