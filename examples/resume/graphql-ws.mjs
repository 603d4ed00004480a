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
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let silence;
  const client = createClient({
    keepAlive: 12_000,
    ...options,
    retryAttempts: 0, // stock retries would send the same variables again
  });
  // A network may hold a connection open whose server is gone.
  client.on("ping", (isReceived) => {
    if (!isReceived) silence = setTimeout(() => client.terminate(), PATIENCE_MS);
  });
  client.on("pong", (isReceived) => isReceived && clearTimeout(silence));
  client.on("closed", () => clearTimeout(silence));
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

/** Time for the answer to a ping. */
const PATIENCE_MS = 5_000;
/** Close codes of graphql-transport-ws after which another try would fail in the same way. */
const FATAL_CODES = [4400, 4401, 4403, 4406, 4409];
