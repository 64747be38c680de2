/** A connection that a stand-in did not answer, with its place in the order of all such events. */
export interface HungConnection {
  readonly began: number;
  readonly ended: number;
}

let event = 0;

/** Reads until the peer closes the connection, and records it in `hung`. */
export async function leaveHanging(
  conn: { read(buffer: Uint8Array): Promise<number | null> },
  hung: HungConnection[],
): Promise<void> {
  const connection = { began: ++event, ended: Infinity };
  hung.push(connection);
  const buffer = new Uint8Array(64 * 1024);
  try {
    while (await conn.read(buffer) !== null);
  } finally {
    connection.ended = ++event;
  }
}

/**
 * The maximum number of connections that stand-ins left hanging at the same time: 1 if their peer
 * waited for one after the other, however fast the machine is.
 */
export function mostAtOnce(standIns: readonly { hung: readonly HungConnection[] }[]): number {
  const all = standIns.flatMap(({ hung }) => hung);
  return Math.max(
    0,
    ...all.map(({ began }) =>
      all.filter((each) => each.began <= began && began < each.ended).length
    ),
  );
}
