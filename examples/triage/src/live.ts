// Live changes of an organization's issues. The link of src/client.ts resumes them where a connection broke.
import { useApolloClient } from "@apollo/client/react";
import { useEffect, useState } from "react";

import { graphql } from "./gql";
import type { LiveIssuesSubscription } from "./gql/graphql";

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
    // After a gap nothing but the current state is known.
    const refetch = () => void client.refetchQueries({ include: "active" });

    function receive({ gap, change }: Item) {
      if (gap) refetch();
      setState(({ created }) => ({
        isLive: true,
        last: change,
        created: created + Number(change?.kind === "CREATED"),
      }));
    }

    const setLive = (isLive: boolean) => setState((state) => ({ ...state, isLive }));
    const started = (hasGap: boolean) => {
      setLive(true);
      if (hasGap) refetch();
    };
    const stream = client
      .subscribe({
        query: LIVE_ISSUES,
        variables: { org },
        context: { resume: { started, broken: () => setLive(false) } },
      })
      .subscribe({
        next: ({ data }) => data && receive(data.issueChanged),
        complete: () => setLive(false), // also after an error
      });
    return () => stream.unsubscribe();
  }, [client, org]);

  return { ...state, clear: () => setState((state) => ({ ...state, created: 0 })) };
}
