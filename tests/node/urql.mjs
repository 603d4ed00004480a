// An urql client, as docs/clients.md sets it up: node urql.mjs URL query|subscription < TASK. Prints the first result.
import { cacheExchange } from "@urql/exchange-graphcache";
import { Client, fetchExchange } from "urql";

import { main, print, task } from "./common.mjs";

main(async (url, kind) => {
  if (!url || !["query", "subscription"].includes(kind)) throw new Error("usage: node urql.mjs URL query|subscription");
  const { query, variables } = await task();
  const exchanges = [cacheExchange({}), fetchExchange];
  const client = new Client({ url, preferGetMethod: false, fetchSubscriptions: true, exchanges });
  const result = await new Promise((resolve) => {
    const source = client[kind](query, variables);
    const { unsubscribe } = source.subscribe((first) => {
      resolve(first);
      setTimeout(() => unsubscribe());
    });
  });
  print({ data: result.data ?? null, error: result.error?.message ?? null });
});
