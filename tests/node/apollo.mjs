// An Apollo Client: node apollo.mjs URL COMMAND < TASK. Each command prints what the client got and what it sent.
import { ApolloClient, HttpLink, InMemoryCache, gql } from "@apollo/client";
import { BatchHttpLink } from "@apollo/client/link/batch-http";
import { PersistedQueryLink } from "@apollo/client/link/persisted-queries";
import { GraphQLWsLink } from "@apollo/client/link/subscriptions";
import { createHash } from "node:crypto";
import { createClient } from "graphql-ws";
import { firstValueFrom } from "rxjs";
import WebSocket from "ws";

import { main, print, task } from "./common.mjs";

const sha256 = (text) => createHash("sha256").update(text).digest("hex");

/** A client over a link, which sends what it is asked and nothing else. */
function clientOf(link) {
  return new ApolloClient({ link, cache: new InMemoryCache(), defaultOptions: { query: { fetchPolicy: "no-cache" } } });
}

/** A link over HTTP, and the requests that it sent. */
function httpOf(uri) {
  const sent = [];
  const recorded = (address, options) => {
    const parameters = options.method === "GET" ? Object.fromEntries(new URL(address).searchParams) : JSON.parse(options.body);
    sent.push({ method: options.method, accept: options.headers.accept, hasQuery: "query" in parameters });
    return fetch(address, options);
  };
  return { link: new HttpLink({ uri, fetch: recorded }), sent };
}

/** The same query twice through the link of persisted queries, whose hashes go by GET or POST. */
async function persisted(url, { query, variables, useGETForHashedQueries }) {
  const { link, sent } = httpOf(url);
  const client = clientOf(new PersistedQueryLink({ sha256, useGETForHashedQueries }).concat(link));
  const ask = () => client.query({ query: gql(query), variables });
  const answers = [await ask(), await ask()];
  client.stop();
  print({ answers: answers.map(({ data }) => data), sent: sent.map(({ method, hasQuery }) => ({ method, hasQuery })) });
}

/** Several queries at the same time, in one request; an answer is data or a message. */
async function batched(url, { queries }) {
  const sent = [];
  const recorded = (address, options) => {
    sent.push(JSON.parse(options.body).length);
    return fetch(address, options);
  };
  const client = clientOf(new BatchHttpLink({ uri: url, batchInterval: 5, fetch: recorded }));
  const ask = (query) => client.query({ query: gql(query) }).then(({ data }) => data, (error) => error.message);
  const answers = await Promise.all(queries.map(ask));
  client.stop();
  print({ answers, sent });
}

/** The first item of a subscription, as a multipart response. */
async function multipart(url, { query, variables }) {
  const { link, sent } = httpOf(url);
  const client = clientOf(link);
  const item = await firstValueFrom(client.subscribe({ query: gql(query), variables }));
  client.stop();
  print({ data: item.data ?? null, error: item.error?.message ?? null, accept: sent[0].accept });
}

/** The first item of a subscription over a WebSocket. */
async function socket(url, { query, variables }) {
  const webSocket = createClient({ url: url.replace(/^http/, "ws"), webSocketImpl: WebSocket, retryAttempts: 0 });
  const client = clientOf(new GraphQLWsLink(webSocket));
  const item = await firstValueFrom(client.subscribe({ query: gql(query), variables }));
  client.stop();
  await webSocket.dispose();
  print({ data: item.data ?? null, error: item.error?.message ?? null, accept: null });
}

const COMMANDS = { persisted, batched, multipart, socket };

main(async (url, command) => {
  if (!url || !(command in COMMANDS)) throw new Error(`usage: node apollo.mjs URL ${Object.keys(COMMANDS).join("|")}`);
  await COMMANDS[command](url, await task());
});
