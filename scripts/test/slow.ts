/**
 * The tests that `deno task test:slow` runs and `deno task test` leaves out: stress, fuzzing over
 * many inputs, and packaging. Continuous integration runs both.
 */
export const SLOW_TESTS: readonly string[] = [];
