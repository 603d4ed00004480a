// A graphql-sse client, each operation on a connection of its own: node sse.mjs URL ask|take < TASK
import { createClient } from "graphql-sse";

import { main, print, task } from "./common.mjs";

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
async function take(url, operation) {
  const client = clientOf(url);
  const results = client.iterate(operation);
  const first = await results.next();
  await results.return();
  client.dispose();
  print(first.value);
}

const COMMANDS = { ask, take };

main(async (url, command) => {
  if (!url || !(command in COMMANDS)) throw new Error(`usage: node sse.mjs URL ${Object.keys(COMMANDS).join("|")}`);
  await COMMANDS[command](url, await task());
});
