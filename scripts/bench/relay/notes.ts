/** How it was measured, and what is behind the figures. */
export function notes(missing: readonly string[]): string[] {
  return [
    ...(missing.length > 0 ? [`Not installed, so not measured: ${missing.join(", ")}.`] : []),
    "The load and the target are Deno processes on the same cores as the contestants, and the same for " +
    "all. On two cores that dilutes differences: the rate is that of the whole chain. What a contestant " +
    "itself costs is in the column of what it does in a second of its own CPU time.",
    "New connections carry one echoed byte each, so that the connection to the target is really made; the " +
    "client resumes no session.",
    "Memory is the growth of the resident set of all the contestant's processes, freshly started.",
    "Where a target is missed: the runtime reads TLS in 4 KiB pieces from the kernel whatever " +
    "buffer we offer (seen with strace), which is likely what upload and `--connect` wait for; it " +
    "was not proven. Larger buffers of ours were tried for downloads and changed nothing there. " +
    "`--connect` opens each connection in two steps " +
    "(TCP, then TLS) so that the first can be called off; its cost was not reduced further. " +
    "Echo latency is two turns of the runtime's event loop more than a proxy in C has. For " +
    "new connections, buffers are pooled and descriptors looked up only when a connection is " +
    "aborted; what is left is the runtime's own work.",
    "Session resumption is not measured: neither the load process nor the runtime's client " +
    "can resume a session.",
    "`--connect` is measured towards the same TLS server for both.",
  ];
}
