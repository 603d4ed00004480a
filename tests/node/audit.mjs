// Runs the audits of graphql-http against a server: node audit.mjs URL
import { serverAudits } from "graphql-http";

import { main, print } from "./common.mjs";

main(async (url) => {
  if (!url) throw new Error("usage: node audit.mjs URL");
  const results = [];
  for (const audit of serverAudits({ url, fetchFn: fetch })) {
    const { status, reason = null } = await audit.fn();
    results.push({ id: audit.id, name: audit.name, status, reason });
  }
  print(results);
});
