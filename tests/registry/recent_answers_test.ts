import { assertEquals, assertStrictEquals } from "@std/assert";
import { jsonReply } from "../../src/http/server/mod.ts";
import { RecentAnswers } from "../../src/registry/server/recent_answers.ts";

const reply = jsonReply(200, { socketPath: "/run/a.sock" });
const soon = () => performance.now() + 60_000;

Deno.test("an answer is repeated while nothing changed", () => {
  const answers = new RecentAnswers();
  answers.set("filePath=/a", { reply, version: 7, until: soon() });
  assertStrictEquals(answers.get("filePath=/a", 7), reply);
  assertEquals(answers.get("filePath=/b", 7), undefined);
});

Deno.test("an answer is not repeated after a session was added or removed", () => {
  const answers = new RecentAnswers();
  answers.set("filePath=/a", { reply, version: 7, until: soon() });
  assertEquals(answers.get("filePath=/a", 8), undefined);
});

Deno.test("an answer is not repeated once its verdict is old", () => {
  const answers = new RecentAnswers();
  answers.set("filePath=/a", { reply, version: 7, until: performance.now() });
  assertEquals(answers.get("filePath=/a", 7), undefined);
});

Deno.test("only a bounded number of answers is kept, however many lookups arrive", () => {
  const answers = new RecentAnswers();
  for (let i = 0; i < 5000; i++) {
    answers.set(`filePath=/${i}`, { reply, version: 1, until: soon() });
  }
  const kept = Array.from({ length: 5000 }, (_, i) => answers.get(`filePath=/${i}`, 1));
  assertEquals(kept.filter((answer) => answer !== undefined).length <= 1024, true);
});
