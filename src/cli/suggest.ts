import { closestString } from "@std/text/closest-string";

/** "did you mean ...?" when one of `candidates` is near enough to what was typed. */
export function didYouMean(
  typed: string,
  candidates: readonly string[],
): string | undefined {
  if (candidates.length === 0) return undefined;
  const lower = typed.toLowerCase();
  const closest = closestString(lower, candidates);
  return isNear(lower, closest) ? `did you mean ${closest}?` : undefined;
}

/** Near: most of the letters occur in both. */
function isNear(typed: string, candidate: string): boolean {
  const left = [...candidate];
  let shared = 0;
  for (const letter of typed) {
    const at = left.indexOf(letter);
    if (at === -1) continue;
    left.splice(at, 1);
    shared++;
  }
  return shared >= Math.max(typed.length, candidate.length) * 0.6;
}
