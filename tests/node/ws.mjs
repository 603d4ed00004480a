// A graphql-ws client: node ws.mjs URL COMMAND < TASK. Each command prints JSON, the last line is the outcome.
import { createClient } from "graphql-ws";
import WebSocket from "ws";

import { main, print, take, task } from "./common.mjs";

/** A client that never connects again by itself, and the number of sockets it opened. */
function clientOf(url, options) {
  const opened = { sockets: 0 };
  const client = createClient({
    url: url.replace(/^http/, "ws"),
    webSocketImpl: WebSocket,
    retryAttempts: 0,
    ...options,
    on: { ...options?.on, opened: () => (opened.sockets += 1) },
  });
  return { client, opened };
}

/** Everything that came of one operation: its results, and how it ended. */
function outcome(client, operation) {
  const results = [];
  return new Promise((resolve) => {
    client.subscribe(operation, {
      next: (result) => results.push(result),
      error: (reason) => resolve({ results, end: ending(reason) }),
      complete: () => resolve({ results, end: "complete" }),
    });
  });
}

function ending(reason) {
  if (Array.isArray(reason)) return { errors: reason };
  if (typeof reason?.code === "number") return { close: reason.code, reason: reason.reason };
  throw reason;
}

/** All operations at once over one socket. */
async function ask(url, { operations, connectionParams }) {
  const { client, opened } = clientOf(url, { connectionParams, lazy: true });
  const outcomes = await Promise.all(operations.map((operation) => outcome(client, operation)));
  await client.dispose();
  print({ sockets: opened.sockets, outcomes });
}

/** The first result of a subscription, which is then completed; after that another operation on the same socket. */
async function takeOne(url, { subscription, then }) {
  const { client, opened } = clientOf(url, { lazy: false });
  const [first] = await take(client.iterate(subscription));
  const after = await outcome(client, then);
  await client.dispose();
  print({ sockets: opened.sockets, first, after });
}

/** The first two results of an operation, which is then completed. */
async function takeTwo(url, operation) {
  const { client } = clientOf(url, { lazy: true });
  print(await take(client.iterate(operation), 2));
  await client.dispose();
}

/** A ping of the client's own, which the server must answer before anything else happens. */
async function ping(url) {
  const answered = await new Promise((resolve, reject) => {
    const { client } = clientOf(url, {
      lazy: false,
      keepAlive: 10,
      onNonLazyError: reject,
      on: { pong: (received) => received && resolve({ pong: true, client }) },
    });
  });
  await answered.client.dispose();
  print({ pong: answered.pong });
}

const COMMANDS = { ask, take: takeOne, "take-two": takeTwo, ping };

main(async (url, command) => {
  if (!url || !(command in COMMANDS)) throw new Error(`usage: node ws.mjs URL ${Object.keys(COMMANDS).join("|")}`);
  await COMMANDS[command](url, await task());
});
