// A subscription that resumes, by the wrappers of examples/resume:
//   node --import ./packages.mjs resume.mjs CLIENT URL COUNT SUBSCRIPTION [TOKEN]
// Connections are dead after SILENCE_MS.
// Prints a line for each item and for each broken connection; ends after COUNT items.
import { ApolloClient, ApolloLink, HttpLink, InMemoryCache, gql } from "@apollo/client";
import WebSocket from "ws";

import { resumeLink } from "../../examples/resume/apollo.mjs";
import { createResumingClient as createSseClient } from "../../examples/resume/graphql-sse.mjs";
import { createResumingClient as createWsClient } from "../../examples/resume/graphql-ws.mjs";
import { watchedFetch } from "../../examples/resume/watched-fetch.mjs";
import { print } from "./common.mjs";

const [name, url, count, subscription, token] = process.argv.slice(2);
const headers = token ? { authorization: `Bearer ${token}` } : {};
const silenceMs = Number(process.env.SILENCE_MS ?? 40_000);
const fetchFn = watchedFetch(silenceMs);
const options = { delay: () => 50, broken: () => print("broken") };

const CLIENTS = {
  "graphql-ws": (url) =>
    createWsClient(
      { url: url.replace(/^http/, "ws"), webSocketImpl: WebSocket, connectionParams: headers, keepAlive: silenceMs },
      options,
    ).subscribe,
  "graphql-sse": (url) => createSseClient({ url, headers, fetchFn }, options).subscribe,
  "graphql-sse-single": (url) => createSseClient({ url, headers, fetchFn, singleConnection: true }, options).subscribe,
  "apollo-client": (uri) => {
    const client = new ApolloClient({
      link: ApolloLink.from([resumeLink, new HttpLink({ uri, headers, fetch: fetchFn })]),
      cache: new InMemoryCache(),
    });
    return ({ query, variables }, sink) =>
      client.subscribe({ query: gql(query), variables, context: { resume: options } }).subscribe(sink);
  },
};

let left = Number(count);
const fail = (reason) => {
  process.stderr.write(`${reason?.message ?? JSON.stringify(reason)}\n`, () => process.exit(1));
};
CLIENTS[name](url)(JSON.parse(subscription), {
  next: ({ data, error, errors }) => {
    if (!data) return fail(error ?? errors);
    print(Object.values(data)[0]);
    if (--left === 0) process.exit(0);
  },
  error: fail,
  complete: () => fail(new Error("completed")),
});
