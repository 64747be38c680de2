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

/**
 * The other files that take ten seconds or more on a machine in use, mostly because they wait, the
 * longest at the front (`deno task test --slowest 20`). They start first.
 */
export const LONG_TESTS: readonly string[] = [
  "tests/relay/idle_relay_test.ts",
  "tests/fleet/faults_test.ts",
  "tests/docs/docs_test.ts",
  "tests/registry/serve_idle_test.ts",
  "tests/background/systemd_test.ts",
  "tests/fleet/plain_ssh_test.ts",
  "tests/fleet/hostile_test.ts",
  "tests/run/run_test.ts",
  "tests/supervisor/orphans_test.ts",
  "tests/supervisor/guarded_launch_test.ts",
  "tests/routing/no_editor_test.ts",
  "tests/run/log/run_log_test.ts",
  "tests/run/code_server/run_code_server_test.ts",
  "tests/shell/completions_test.ts",
  "tests/shell/first_hours_test.ts",
  "tests/scripts/reliability_test.ts",
];
