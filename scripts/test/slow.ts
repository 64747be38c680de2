/**
 * The tests that `deno task test:slow` runs and `deno task test` leaves out: stress and
 * packaging. Continuous integration runs both.
 */
export const SLOW_TESTS: readonly string[] = [
  "tests/ipc/leak_test.ts",
  "tests/registry/damaged_log_test.ts",
  "tests/relay/bulk_both_ways_test.ts",
  "tests/relay/connection_churn_test.ts",
  "tests/relay/idle_connections_test.ts",
  "tests/release/",
];
