// Live changes of an organization's issues, resumed where a connection broke.
import { CombinedGraphQLErrors } from "@apollo/client";
import { useApolloClient } from "@apollo/client/react";
import { useEffect, useState } from "react";

import { graphql } from "./gql";
import type { LiveIssuesSubscription } from "./gql/graphql";
import { resume } from "./resume";

const LIVE_ISSUES = graphql(`
  subscription LiveIssues($org: String!, $after: String) {
    issueChanged(organization: { slug: $org }, after: $after) {
      position
      gap {
        missed
      }
      change {
        kind
        actor {
          name
        }
        issue {
          id
          shortId
          title
          status
          substatus
          level
          eventCount
          userCount
          lastSeenAt
          ...Assignee
        }
      }
    }
  }
`);

type Item = LiveIssuesSubscription["issueChanged"];
type State = { isLive: boolean; last?: Item["change"]; created: number };

/** The last change, and the number of issues that are new since the list was read. The cache updates what is shown. */
export function useLiveIssues(org: string) {
  const client = useApolloClient();
  const [state, setState] = useState<State>({ isLive: false, created: 0 });

  useEffect(() => {
    function receive({ gap, change }: Item) {
      // After a gap nothing but the current state is known.
      if (gap) void client.refetchQueries({ include: "active" });
      setState(({ created }) => ({
        isLive: true,
        last: change,
        created: created + Number(change?.kind === "CREATED"),
      }));
    }

    return resume((after, keep, end) => {
      setState((state) => ({ ...state, isLive: true }));
      const changes = client.subscribe({ query: LIVE_ISSUES, variables: { org, after } });
      const stream = changes.subscribe({
        next: ({ data, error }) => {
          if (data) {
            keep(data.issueChanged.position);
            receive(data.issueChanged);
          } else if (CombinedGraphQLErrors.is(error)) {
            keep(null);
            void client.refetchQueries({ include: "active" });
          }
        },
        complete: () => {
          setState((state) => ({ ...state, isLive: false }));
          end();
        },
      });
      return () => stream.unsubscribe();
    });
  }, [client, org]);

  return { ...state, clear: () => setState((state) => ({ ...state, created: 0 })) };
}
