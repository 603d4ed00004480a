// A subscription that resumes, by the wrappers of examples/resume:
//   node --import ./packages.mjs resume.mjs CLIENT URL COUNT SUBSCRIPTION
// Prints a line for each item and for each broken connection; ends after COUNT items.
import { ApolloClient, ApolloLink, HttpLink, InMemoryCache, gql } from "@apollo/client";
import WebSocket from "ws";

import { resumeLink } from "../../examples/resume/apollo.mjs";
import { createResumingClient as createSseClient } from "../../examples/resume/graphql-sse.mjs";
import { createResumingClient as createWsClient } from "../../examples/resume/graphql-ws.mjs";
import { print } from "./common.mjs";

const options = { delay: () => 50, broken: () => print("broken") };

const CLIENTS = {
  "graphql-ws": (url) =>
    createWsClient({ url: url.replace(/^http/, "ws"), webSocketImpl: WebSocket }, options).subscribe,
  "graphql-sse": (url) => createSseClient({ url }, options).subscribe,
  "graphql-sse-single": (url) => createSseClient({ url, singleConnection: true }, options).subscribe,
  "apollo-client": (uri) => {
    const client = new ApolloClient({
      link: ApolloLink.from([resumeLink, new HttpLink({ uri })]),
      cache: new InMemoryCache(),
    });
    return ({ query, variables }, sink) =>
      client.subscribe({ query: gql(query), variables, context: { resume: options } }).subscribe(sink);
  },
};

const [name, url, count, subscription] = process.argv.slice(2);
let left = Number(count);
const fail = (reason) => {
  process.stderr.write(`${reason?.stack ?? JSON.stringify(reason)}\n`, () => process.exit(1));
};
CLIENTS[name](url)(JSON.parse(subscription), {
  next: ({ data, error }) => {
    if (!data) return fail(error);
    print(Object.values(data)[0]);
    if (--left === 0) process.exit(0);
  },
  error: fail,
  complete: () => fail(new Error("completed")),
});
