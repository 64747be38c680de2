/**
 * The workload of both clients, in Deno and in Node: the same code, so that only the channels
 * differ. `connect` returns a connection with `call`, `listen` and `close`.
 */
const WARMUP_CALLS = 500;
const ROUND_TRIPS = 1000;
const CALLS = 40_000;
const IN_FLIGHT = 64;
const SUBSCRIBERS = 1000;
const EVENTS = 12;
const ARGUMENT = { id: 1, path: "/home/ann/api/main.ts" };

/** Prints the figures of one run as JSON. */
export async function runWorkload(connect) {
  const connection = await connect();
  const call = () => connection.call("echo", ARGUMENT);
  for (let i = 0; i < WARMUP_CALLS; i++) await call();
  const times = await timeEach(call);
  const rate = await timeTogether(call);
  connection.close();
  const events = await timeEvents(connect);
  console.log(JSON.stringify({ p50: at(times, 0.5), p99: at(times, 0.99), rate, events }));
}

function at(sorted, share) {
  return sorted[Math.floor(share * (sorted.length - 1))];
}

/** Times of sequential calls in milliseconds, sorted. */
async function timeEach(call) {
  const times = new Float64Array(ROUND_TRIPS);
  for (let i = 0; i < times.length; i++) {
    const started = performance.now();
    await call();
    times[i] = performance.now() - started;
  }
  return times.sort();
}

/** Calls per second with `IN_FLIGHT` calls in progress. */
async function timeTogether(call) {
  let left = CALLS;
  const worker = async () => {
    while (left-- > 0) await call();
  };
  const started = performance.now();
  await Promise.all(Array.from({ length: IN_FLIGHT }, worker));
  return CALLS / (performance.now() - started) * 1000;
}

/** Median time in milliseconds from firing an event until all subscribers have received it. */
async function timeEvents(connect) {
  const asking = await connect();
  let heard = () => {};
  const subscribers = [];
  for (let i = 0; i < SUBSCRIBERS; i++) {
    const subscriber = await connect();
    subscriber.listen("tick", () => heard());
    subscribers.push(subscriber);
  }
  while (await asking.call("listeners") < SUBSCRIBERS) { /* not all have arrived */ }
  const times = [];
  for (let i = 0; i < EVENTS; i++) {
    let count = 0;
    const all = new Promise((resolve) => {
      heard = () => ++count === SUBSCRIBERS && resolve();
    });
    const started = performance.now();
    await asking.call("fire", ARGUMENT);
    await all;
    times.push(performance.now() - started);
  }
  for (const subscriber of subscribers) subscriber.close();
  asking.close();
  return at(times.sort((a, b) => a - b), 0.5);
}
