// graphql-ws with subscriptions that resume. Also for Apollo Client's GraphQLWsLink, which takes such a client.
import { createClient } from "graphql-ws";

import { resume } from "./resume.mjs";

/**
 * A client of graphql-ws that connects again by itself; each subscription continues after its last item.
 *
 * @param {import("graphql-ws").ClientOptions} options
 * @param {import("./resume.mjs").Options} [resumeOptions]
 */
export function createResumingClient(options, resumeOptions) {
  // Stock retries would send the same variables again.
  const client = createClient({ ...options, retryAttempts: 0 });
  return {
    ...client,
    /** @type {import("graphql-ws").Client["subscribe"]} */
    subscribe: (payload, sink) =>
      resume(
        (variables, once) => client.subscribe({ ...payload, variables }, once),
        payload.variables ?? undefined,
        sink,
        { isFatal: ({ code }) => FATAL_CODES.includes(code), ...resumeOptions },
      ),
  };
}

/** Close codes of graphql-transport-ws after which another try would fail in the same way. */
const FATAL_CODES = [4400, 4401, 4403, 4406, 4409];
