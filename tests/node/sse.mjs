// A graphql-sse client, each operation on a connection of its own: node sse.mjs URL ask|take|take-two < TASK
import { createClient } from "graphql-sse";

import { main, print, take, task } from "./common.mjs";

function clientOf(url) {
  return createClient({ url, singleConnection: false, retryAttempts: 0 });
}

/** Everything that came of one operation: its results, and how it ended. */
async function ask(url, operation) {
  const client = clientOf(url);
  const results = [];
  const end = await new Promise((resolve) => {
    client.subscribe(operation, {
      next: (result) => results.push(result),
      error: (reason) => resolve({ name: reason.constructor.name, status: reason.response?.status ?? null }),
      complete: () => resolve("complete"),
    });
  });
  client.dispose();
  print({ results, end });
}

/** The first result of a subscription, which is then left. */
async function takeOne(url, operation) {
  const client = clientOf(url);
  const [first] = await take(client.iterate(operation));
  client.dispose();
  print(first);
}

/** The first two results of an operation, which is then left. */
async function takeTwo(url, operation) {
  const client = clientOf(url);
  print(await take(client.iterate(operation), 2));
  client.dispose();
}

const COMMANDS = { ask, take: takeOne, "take-two": takeTwo };

main(async (url, command) => {
  if (!url || !(command in COMMANDS)) throw new Error(`usage: node sse.mjs URL ${Object.keys(COMMANDS).join("|")}`);
  await COMMANDS[command](url, await task());
});
