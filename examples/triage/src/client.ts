// The client, and what it must know of the schema.
import { ApolloClient, ApolloLink, HttpLink, InMemoryCache } from "@apollo/client";
import { relayStylePagination } from "@apollo/client/utilities";

import { resumeLink } from "../../resume/apollo.mjs";
import { watchedFetch } from "../../resume/watched-fetch.mjs";
import introspection from "./gql/possibleTypes";

// A field that failed is null, with an error beside it; the rest of the answer is shown.
const partial = { errorPolicy: "all" } as const;

declare module "@apollo/client" {
  namespace ApolloClient {
    namespace DeclareDefaultOptions {
      interface WatchQuery {
        errorPolicy: "all";
      }
      interface Query {
        errorPolicy: "all";
      }
      interface Mutate {
        errorPolicy: "all";
      }
    }
  }
}

export const client = new ApolloClient({
  // Also for subscriptions, as multipart responses, which continue after their last item when a connection broke.
  link: ApolloLink.from([resumeLink, new HttpLink({ uri: "/graphql", fetch: watchedFetch() })]),
  defaultOptions: { watchQuery: partial, query: partial, mutate: partial },
  cache: new InMemoryCache({
    possibleTypes: introspection.possibleTypes,
    typePolicies: {
      // One list for each filter, range and sort; its pages are joined.
      Organization: { fields: { issues: relayStylePagination(["filter", "range", "sort"]) } },
    },
  }),
});
