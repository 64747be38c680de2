import { assertEquals, assertStrictEquals } from "@std/assert";
import { jsonReply } from "../../src/http/server/mod.ts";
import { RecentAnswers } from "../../src/registry/server/recent_answers.ts";

const reply = jsonReply(200, { socketPath: "/run/a.sock" });
const soon = () => performance.now() + 60_000;

Deno.test("an answer is given again while nothing changed", () => {
  const answers = new RecentAnswers();
  answers.set("filePath=/a", { reply, version: 7, until: soon() });
  assertStrictEquals(answers.get("filePath=/a", 7), reply);
  assertEquals(answers.get("filePath=/b", 7), undefined);
});

Deno.test("an answer is not given again once a session came or went", () => {
  const answers = new RecentAnswers();
  answers.set("filePath=/a", { reply, version: 7, until: soon() });
  assertEquals(answers.get("filePath=/a", 8), undefined);
});

Deno.test("an answer is not given again once its verdict is old", () => {
  const answers = new RecentAnswers();
  answers.set("filePath=/a", { reply, version: 7, until: performance.now() });
  assertEquals(answers.get("filePath=/a", 7), undefined);
});

Deno.test("however many different questions come, few answers are kept", () => {
  const answers = new RecentAnswers();
  for (let i = 0; i < 5000; i++) {
    answers.set(`filePath=/${i}`, { reply, version: 1, until: soon() });
  }
  const kept = Array.from({ length: 5000 }, (_, i) => answers.get(`filePath=/${i}`, 1));
  assertEquals(kept.filter((answer) => answer !== undefined).length <= 1024, true);
});
