import { assertEquals } from "@std/assert";
import { WaitingBudget } from "../../src/http/server/mod.ts";

function joiner(budget: WaitingBudget) {
  const ended: string[] = [];
  return { ended, join: (name: string) => budget.join(() => void ended.push(name)) };
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

Deno.test("within the budget no connection is closed, however many bytes wait on it", () => {
  const budget = new WaitingBudget(100);
  const { ended, join } = joiner(budget);
  join("a").set(60);
  join("b").set(40);
  assertEquals([ended, budget.bytes], [[], 100]);
});

Deno.test("beyond the budget the connection with the most bytes waiting the longest is closed", async () => {
  const budget = new WaitingBudget(100);
  const { ended, join } = joiner(budget);
  join("slow").set(40);
  await pause(50);
  join("quick").set(45);
  join("small").set(1);
  join("late").set(50);
  assertEquals([ended, budget.bytes], [["slow"], 96]);
});

Deno.test("a connection that makes progress stays, and one that makes none is closed", async () => {
  const budget = new WaitingBudget(100);
  const { ended, join } = joiner(budget);
  const reads = join("reads");
  reads.set(50);
  join("stuck").set(45);
  await pause(50);
  reads.set(49);
  join("new").set(30);
  assertEquals(ended, ["stuck"]);
});

Deno.test("a reservation waits for room, and connections without progress are closed for it", async () => {
  const budget = new WaitingBudget(100);
  const { ended, join } = joiner(budget);
  join("stuck").set(80);
  const next = join("next");
  await next.reserve(50);
  assertEquals([ended, next.bytes, budget.bytes], [["stuck"], 50, 50]);
});

Deno.test("a reservation is cancelled when its connection ends", async () => {
  const budget = new WaitingBudget(100);
  const { join } = joiner(budget);
  const reader = join("reader");
  reader.set(80);
  const gone = join("gone");
  const reserved = gone.reserve(50);
  gone.leave();
  await reserved;
  assertEquals(budget.bytes, 80);
});

Deno.test("a connection that has left no longer counts", () => {
  const budget = new WaitingBudget(100);
  const { ended, join } = joiner(budget);
  const share = join("a");
  share.set(70);
  share.leave();
  share.set(70);
  join("b").set(70);
  assertEquals([ended, budget.bytes], [[], 70]);
});

Deno.test("reservations are granted one after another", async () => {
  const budget = new WaitingBudget(100);
  const order: string[] = [];
  const take = async (name: string) => {
    await budget.turn();
    order.push(`${name} begins`);
    await undefined;
    await undefined;
    order.push(`${name} ends`);
  };
  await Promise.all([take("a"), take("b")]);
  assertEquals(order, ["a begins", "a ends", "b begins", "b ends"]);
});
