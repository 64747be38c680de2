/** Runs `task` for every element, at most `concurrency` at once; results keep the order. */
export async function mapBounded<T, R>(
  elements: Iterable<T>,
  concurrency: number,
  task: (element: T) => Promise<R>,
): Promise<R[]> {
  const source = [...elements].entries();
  const results: R[] = [];
  const worker = async () => {
    for (const [index, element] of source) results[index] = await task(element);
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  return results;
}
