import { type Figure, verdict } from "../lib/mod.ts";

/** The causes of missed targets, by the beginning of the figure's title. */
const CAUSES: Readonly<Record<string, string>> = {
  "Bulk":
    "of the relay's CPU time in a bulk transfer, the kernel's two copies take 45 % and the cipher a third, " +
    "as for all contestants; our own code takes 2 % (perf). The contestants differ in the number of pieces in " +
    "which they pass the bytes on. On two cores, the load and the target take the rest.",
  "1 kB":
    "each request takes all contestants two reads and two writes, and the runtime one more read, " +
    "which finds nothing (strace). Of the CPU time, the kernel takes 43 %, our own code 4 %, and the runtime's " +
    "path from a call to its promise nearly all the rest (perf).",
  "New connections":
    "the handshake itself is cheaper than in OpenSSL. Each connection also costs 15 system " +
    "calls of ours besides the runtime's 31 (strace), and about ten promises.",
  "Memory": "the runtime's TLS engine and task, and one buffer of 2 KiB in each direction.",
  "relay connect: bulk": "as for the bulk figures above.",
  "relay connect: requests": "as for the requests above.",
  "relay connect: new":
    "the runtime creates the configuration of its TLS client, with the trust anchors, for each " +
    "connection. It offers no way to share one, and therefore none to resume a session. It also hands each " +
    "closed connection to a thread that holds it for 100 ms.",
};

const TRIED: readonly string[] = [
  "**Nagle's algorithm.** The runtime's TLS connections send small pieces only once the data " +
  "before them has been acknowledged: the first answer waited 40 ms for the client's acknowledgement of the " +
  "session tickets (strace). With the algorithm switched off on the listener: 2,965 new connections/s instead of " +
  "1,636, where nginx made 2,779. Before, the wait had been mistaken for the cost of our own code.",
  "**Gathering.** The runtime returns one TLS record (16 KiB) at a time, and each piece that is " +
  "written wakes its reader. The relay now gathers up to 64 KiB of data that has arrived before it writes, as " +
  "long as it does not have to wait: uploads 1,783 MB/s instead of 1,247, 0.43 s of CPU time per GB instead of " +
  "0.55; `relay connect` downloads 1,561 MB/s instead of 1,105. Buffers of 128 and 256 KiB brought nothing more. " +
  "The 4 KiB reads seen earlier are those of handshakes and of small messages; in a transfer the " +
  "runtime reads whole records.",
  "**Clients that have left.** If a TLS server ended without close_notify after our own end, the " +
  "relay took this for an abort, although there was no client left to notify, and searched all descriptors " +
  "for the one to reset. Without this search: `relay connect` 1,718 new connections/s instead of 875.",
  "**Descriptors.** The kernel hands out the lowest free number, so the relay knows the descriptor of a waiting " +
  "connection before it accepts it, and needs no search (240 system calls for each connection of `relay connect`): " +
  "2,151/s instead of 1,508, 397 µs of CPU time instead of 560. With 2,000 connections open, one more that " +
  "ends without close_notify costs 1.3 ms instead of 6.8, one that its client resets 1.2 ms instead of 10.",
  "**`relay connect` in total**, to the same far end: 2,807 new connections/s instead of 689, where " +
  "stunnel made 1,782; 378 µs of CPU time for each connection, where stunnel took 738.",
  "**V8's young generation.** With `--max-semi-space-size` of 8, 16 and 32, the CPU time for each byte " +
  "and each connection is the same, within the noise of a busy machine. It stays at 16.",
  "**The Unix side's buffers.** With SO_SNDBUF and SO_RCVBUF at twice and at ten times the kernel's " +
  "208 KiB, the bulk rates are the same within the noise, by turns in one run (uploads 0.98 and 1.00 times, " +
  "downloads 1.01 and 0.99). With the smallest possible sizes, uploads fall to 0.27. The kernel's defaults stay.",
  "**Writes without waiting.** The relay sends a message to the target by a system call of its own; only " +
  "the bytes that the target does not take at once go through the runtime: 0.39 µs instead of 1.59 for each write " +
  "of 64 bytes (the smallest of 400 series of 200 in one process). Without it, 20,400 instead of 22,950 " +
  "requests/s over kept-alive connections, side by side.",
  "**Connecting during the handshake.** Without a token and client certificates, the handshake admits every " +
  "client, so the relay connects to the target as soon as a handshake begins. With a cheaper search for the " +
  "descriptor of an accepted connection (two system calls less) and fewer suspended functions: 1,785 instead of " +
  "1,641 resumed connections/s, where nginx made 1,764 and the minimal relay 1,894.",
  "**Idle connections.** The end of a connection is a call instead of a promise that a suspended function waits " +
  "for, and a connection forgets its handshake: 25.7 kB instead of 26.7 for each idle one (two runs of each). It is " +
  "22.0 since the growth of V8's young generation does not count.",
  "**Resumed sessions.** The runtime keeps sessions in each process and has no key for tickets that " +
  "workers could share (node:tls checks `ticketKeys`, and does not use it). With `--balance client` a BPF " +
  "program on the shared port chooses the worker by the client's address: 100 % of the sessions are resumed " +
  "instead of 50 %, 1,462 connections/s instead of 1,300, where nginx made 1,701 and the minimal relay 1,258. It is " +
  "not the default, because without it the connections of one client use several cores.",
  "**The handshake's packets.** The runtime sends the server's part of a handshake in three pieces (strace), and " +
  "nginx in one. Nagle's algorithm would hold the second piece for a round trip, and the relay does not learn when " +
  "the last one is sent, so it cannot gather them either.",
  "**Not done.** A pool of connections to the far relay, made before they are needed, would hide the " +
  "handshake, but each unused one would reach the far target as an empty connection.",
];

/** The method, the causes of missed targets, and the attempts to reach them. */
export function notes(figures: readonly Figure[], missing: readonly string[]): string[] {
  return [
    ...(missing.length > 0 ? [`Not installed, so not measured: ${missing.join(", ")}.`] : []),
    "The load and the target are Deno processes on the same cores as the contestants, and the same for " +
    "all. On two cores, this makes differences smaller, because the rate is that of the whole chain. The column " +
    "of CPU time shows the cost of the contestant alone: user and system time, summed over all rounds.",
    "Each new connection carries one echoed byte, so that the connection to the target is really made; the " +
    "client resumes no session. Sessions are resumed by four simultaneous clients, which use OpenSSL's library " +
    "and eight addresses each; every connection carries one answer of 1 kB. With two workers, sessionctl runs with " +
    "`--balance client`.",
    "Memory is the growth of the resident set of all the contestant's processes, which have just started and " +
    "have carried new connections for two seconds.",
    "For `relay connect`, all contestants connect to the same TLS server, which is the target itself.",
    ...missed(figures),
    "## What was tried",
    "Each attempt was measured before and after in one run, side by side, and kept if it helped.",
    ...TRIED,
  ];
}

function missed(figures: readonly Figure[]): string[] {
  return figures.flatMap(({ title, targets = [] }) =>
    targets.filter((target) => verdict(target).startsWith("missed")).map((target) => {
      const cause = Object.entries(CAUSES).find(([start]) => title.startsWith(start))?.[1];
      return `**${title}: ${verdict(target)}.** Why: ${cause ?? "not known."}`;
    })
  );
}
