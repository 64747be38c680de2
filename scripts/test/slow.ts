/**
 * The tests that `deno task test:slow` runs and `deno task test` skips: stress, packaging, and
 * hundreds of single calls. Continuous integration runs both.
 */
export const SLOW_TESTS: readonly string[] = [
  "tests/differential/",
  "tests/ipc/leak_test.ts",
  "tests/registry/damaged_log_test.ts",
  "tests/registry/memory_test.ts",
  "tests/relay/bulk_both_ways_test.ts",
  "tests/relay/connection_churn_test.ts",
  "tests/relay/connection_memory_test.ts",
  "tests/relay/idle_connections_test.ts",
  "tests/relay/reset_after_end_test.ts",
  "tests/release/",
  "tests/supervisor/crash_loop_test.ts",
];
