// A link of Apollo Client with which subscriptions resume.
import { ApolloLink, Observable } from "@apollo/client";

import { isFatalStatus, resume } from "./resume.mjs";

/**
 * Resumes the subscriptions of the links after it:
 * `ApolloLink.from([resumeLink, new HttpLink({ uri: "/graphql", fetch: watchedFetch() })])`. `context.resume` of an operation has
 * the options.
 */
export const resumeLink = new ApolloLink((operation, forward) => {
  if (operation.operationType !== "subscription") return forward(operation);
  /** @type {import("./resume.mjs").Start} */
  const start = (variables, sink) => {
    operation.variables = variables;
    const subscription = forward(operation).subscribe(sink);
    return () => subscription.unsubscribe();
  };
  const isFatal = (/** @type {{ statusCode?: number }} */ { statusCode }) => isFatalStatus(statusCode);
  return new Observable((observer) =>
    resume(start, operation.variables, observer, { isFatal, ...operation.getContext().resume }),
  );
});
