import { Samples } from "./samples.ts";

/** One measurement of one contestant: returns a value, or several values. */
export type Measure = () => Promise<number | readonly number[]>;

export type ContestantResults<Name extends string> = Record<Name, Samples>;

/**
 * Measures contestants in turns (A B C, B C A, ...), so that other load of the machine affects all
 * of them alike, and no contestant always runs after the same one.
 *
 * @param contestants The measurements, by name.
 * @param options.rounds Number of measurements of each.
 * @param options.warmups Additional rounds before these, whose values are dropped; 1 by default.
 * @example
 * ```ts
 * const times = await interleave({ ours: timeOurs, theirs: timeTheirs }, { rounds: 9 });
 * console.log(times.theirs.median / times.ours.median);
 * ```
 */
export async function interleave<Name extends string>(
  contestants: Record<Name, Measure>,
  options: { readonly rounds: number; readonly warmups?: number },
): Promise<ContestantResults<Name>> {
  const names = Object.keys(contestants) as Name[];
  const values = new Map<Name, number[]>(names.map((name) => [name, []]));
  const warmups = options.warmups ?? 1;
  for (let round = 0; round < warmups + options.rounds; round++) {
    for (let turn = 0; turn < names.length; turn++) {
      const name = names[(round + turn) % names.length]!;
      const measured = await contestants[name]();
      if (round < warmups) continue;
      for (const value of [measured].flat()) values.get(name)!.push(value);
    }
  }
  return Object.fromEntries(
    names.map((name) => [name, new Samples(values.get(name)!)]),
  ) as ContestantResults<Name>;
}
