// graphql-sse with subscriptions that resume, in both of its modes.
import { createClient } from "graphql-sse";

import { isFatalStatus, resume } from "./resume.mjs";
import { watchedFetch } from "./watched-fetch.mjs";

/**
 * A client of graphql-sse that connects again by itself; each subscription continues after its last item.
 *
 * @param {import("graphql-sse").ClientOptions<boolean>} options
 * @param {import("./resume.mjs").Options} [resumeOptions]
 */
export function createResumingClient(options, resumeOptions) {
  const client = createClient({
    fetchFn: watchedFetch(),
    ...options,
    retryAttempts: 0, // stock retries would send the same variables again
  });
  return {
    ...client,
    /** @type {typeof client.subscribe} */
    subscribe: (request, sink, on) =>
      resume(
        (variables, once) => client.subscribe({ ...request, variables }, once, on),
        request.variables,
        /** @type {import("./resume.mjs").Sink} */ (sink),
        { isFatal: (reason) => isFatalStatus(reason.response?.status), ...resumeOptions },
      ),
  };
}
