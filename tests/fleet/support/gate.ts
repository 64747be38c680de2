import type { HttpRequest } from "../../../src/http/server/mod.ts";
import type { Delivery } from "../../../src/links/mod.ts";
import { answerDelivery } from "../../../src/links/receive/mod.ts";
import { until } from "../../support/mod.ts";
import type { TestMember } from "./members.ts";

/** A delivery of one file on the host b. */
export function deliveryOfB(path: string, more: Partial<Delivery> = {}): Delivery {
  const items = [{ kind: "file" as const, path, line: 3 }];
  return {
    version: 1,
    from: { host: "b" },
    authority: "ssh-remote+b",
    mode: "open",
    items,
    ...more,
  };
}

/** Sends a request to a member's gate, like `open`. */
export async function askGate({ member }: TestMember, target: string, json?: unknown) {
  const [path, query = ""] = target.split("?");
  const body = new TextEncoder().encode(json === undefined ? "" : JSON.stringify(json));
  const method = json === undefined ? "GET" : "POST";
  const reply = await answerDelivery(
    { method, path, query, body } as unknown as HttpRequest,
    member.gate,
  );
  return JSON.parse(new TextDecoder().decode(reply.body as Uint8Array));
}

/** Waits until each member knows all the others. */
export async function acquainted(...members: TestMember[]): Promise<void> {
  await until(
    "the members know each other",
    () =>
      members.every(({ member }) =>
        member.hosts().filter(({ live }) => live?.desktop).length === members.length
      ),
  );
}
