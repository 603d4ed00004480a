// Relay's runtime with a persisted operation: node relay.mjs URL ARTIFACT < VARIABLES. Prints the data and the requests.
import { pathToFileURL } from "node:url";
import relay from "relay-runtime";

import { main, print, task } from "./common.mjs";

main(async (url, path) => {
  if (!url || !path) throw new Error("usage: node relay.mjs URL ARTIFACT");
  const { default: artifact } = await import(pathToFileURL(path).href);
  const sent = [];
  const network = relay.Network.create(async ({ id }, variables) => {
    const request = { doc_id: id, variables };
    sent.push(Object.keys(request));
    const body = JSON.stringify(request);
    const answer = await fetch(url, { method: "POST", headers: { "Content-Type": "application/json" }, body });
    return answer.json();
  });
  const environment = new relay.Environment({ network, store: new relay.Store(new relay.RecordSource()) });
  const data = await relay.fetchQuery(environment, artifact, await task()).toPromise();
  print({ data, sent, text: artifact.params.text });
});
