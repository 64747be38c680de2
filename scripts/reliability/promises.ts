/** A promise of sessionctl, and the test that proves it. */
export interface Promised {
  /** The name for `--only`. */
  readonly name: string;
  /** The promise. */
  readonly promise: string;
  /** The method of the test. */
  readonly how: string;
  /** The test files, relative to the project's folder. */
  readonly files: readonly string[];
  /** Only tests whose name contains this. */
  readonly filter?: string;
  /** The counts that must be zero. */
  readonly losses: readonly string[];
  /** The requirement of the test; without it, the test does not run. */
  readonly needs?: string;
}

/** The promises in the order of the page. */
export const PROMISES: readonly Promised[] = [
  {
    name: "kill",
    promise: "A registration that was acknowledged survives `kill -9` of the registry",
    how: "A registry is killed while 16 clients register; another one reads its state file.",
    files: ["tests/registry/serve_kill_test.ts"],
    losses: ["sessions lost"],
  },
  {
    name: "disk",
    promise: "A full disk loses no registration that was acknowledged",
    how: "A file system of 1 MiB is filled until the registry answers 507; then it is killed.",
    files: ["tests/registry/serve_state_test.ts"],
    filter: "on a full disk a registration",
    losses: ["sessions lost"],
    needs: "root, and permission to mount",
  },
  {
    name: "race",
    promise: "Of servers that start at once for one socket, exactly one stays",
    how: "Fifty servers start at the same time; the others must name the pid of the one.",
    files: ["tests/registry/serve_start_test.ts"],
    filter: "of fifty servers",
    losses: ["second servers"],
  },
  {
    name: "hung",
    promise: "Hung editors neither win a lookup nor hold it up for longer than one time limit",
    how: "Editors that accept and never answer rank before a live one for the same file.",
    files: ["tests/registry/liveness_test.ts"],
    filter: "hung editors before a live one",
    losses: ["wrong windows"],
  },
  {
    name: "bytes",
    promise: "The relay delivers every byte unchanged",
    how: "1 GiB in each direction at the same time over TLS, compared by checksum.",
    files: ["tests/relay/bulk_both_ways_test.ts"],
    losses: ["streams that differed"],
  },
  {
    name: "half-close",
    promise: "A peer that has ended its direction still gets the other one to its end",
    how: "The client, and then the target, ends its direction first.",
    files: ["tests/relay/half_close_by_client_test.ts", "tests/relay/half_close_by_target_test.ts"],
    losses: ["answers cut short"],
  },
  {
    name: "churn",
    promise: "The relay keeps no descriptor of a connection that has ended",
    how: "Connections are opened and closed over TLS, 32 at a time.",
    files: ["tests/relay/connection_churn_test.ts"],
    losses: ["descriptors left"],
  },
  {
    name: "reset",
    promise: "The relay keeps no descriptor of a connection that was reset",
    how: "Clients upload to a target that does not read, and reset the connection.",
    files: ["tests/relay/reset_in_upload_test.ts"],
    losses: ["descriptors left"],
  },
  {
    name: "claims",
    promise: "A delivery of the fleet is either claimed or withdrawn, never both and never neither",
    how: "The receiver claims a request while the sender withdraws it, on a real etcd.",
    files: ["tests/fleet/deliveries_test.ts"],
    filter: "either claimed or withdrawn",
    losses: ["requests with both or neither"],
    needs: "etcd",
  },
  {
    name: "fuzz",
    promise: "No input of a peer or a file crashes a parser, hangs it, or affects other clients",
    how: "Random and mutated inputs for each parser; each run has another seed.",
    files: ["tests/fuzz", "tests/relay/http_fuzz_test.ts"],
    losses: [],
  },
];
