// An urql client that carries subscriptions itself: node urql.mjs URL query|subscription < TASK. Prints the first result.
// With `persisted` in the task the document follows its hash, and the requests are printed as well.
import { cacheExchange } from "@urql/exchange-graphcache";
import { persistedExchange } from "@urql/exchange-persisted";
import { Client, fetchExchange } from "urql";

import { main, print, task } from "./common.mjs";

main(async (url, kind) => {
  if (!url || !["query", "subscription"].includes(kind)) throw new Error("usage: node urql.mjs URL query|subscription");
  const { query, variables, persisted } = await task();
  const exchanges = [cacheExchange({}), ...(persisted ? [persistedExchange(persisted)] : []), fetchExchange];
  const sent = [];
  const recorded = (address, options) => {
    const isGet = options.method === "GET";
    sent.push({ method: options.method, hasQuery: isGet ? new URL(address).searchParams.has("query") : "query" in JSON.parse(options.body) });
    return fetch(address, options);
  };
  const client = new Client({ url, preferGetMethod: false, fetchSubscriptions: true, exchanges, fetch: recorded });
  const result = await new Promise((resolve) => {
    const source = client[kind](query, variables);
    const { unsubscribe } = source.subscribe((first) => {
      resolve(first);
      setTimeout(() => unsubscribe());
    });
  });
  print({ data: result.data ?? null, error: result.error?.message ?? null, ...(persisted ? { sent } : {}) });
});
