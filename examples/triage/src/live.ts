// Live changes of an organization's issues, resumed where a connection broke.
import { useApolloClient } from "@apollo/client/react";
import { useEffect, useState } from "react";

import { graphql } from "./gql";
import type { LiveIssuesSubscription } from "./gql/graphql";

const LIVE_ISSUES = graphql(`
  subscription LiveIssues($org: String!, $after: String) {
    issueChanged(organization: $org, after: $after) {
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

const RETRY_MS = 2_000;
export type Change = NonNullable<LiveIssuesSubscription["issueChanged"]["change"]>;

/** The last change, and the number of issues that are new since the list was read. The cache updates what is shown. */
export function useLiveIssues(org: string) {
  const client = useApolloClient();
  const [state, setState] = useState<{ isLive: boolean; last?: Change; created: number }>({
    isLive: false,
    created: 0,
  });

  useEffect(() => {
    let position: string | null = null;
    let timer: number | undefined;
    let stream = start();

    function start() {
      setState((state) => ({ ...state, isLive: true }));
      const changes = client.subscribe({ query: LIVE_ISSUES, variables: { org, after: position } });
      return changes.subscribe({
        next: ({ data }) => receive(data?.issueChanged),
        error: reconnect,
        complete: reconnect,
      });
    }

    function receive(item: LiveIssuesSubscription["issueChanged"] | undefined) {
      if (!item) return reconnect();
      position = item.position;
      const { change } = item;
      // After a gap nothing but the current state is known.
      if (item.gap) void client.refetchQueries({ include: "active" });
      if (change)
        setState(({ created }) => ({
          isLive: true,
          last: change,
          created: created + Number(change.kind === "CREATED"),
        }));
    }

    function reconnect() {
      setState((state) => ({ ...state, isLive: false }));
      clearTimeout(timer);
      timer = setTimeout(() => ((stream = start()), undefined), RETRY_MS);
    }

    return () => {
      clearTimeout(timer);
      stream.unsubscribe();
    };
  }, [client, org]);

  return { ...state, clear: () => setState((state) => ({ ...state, created: 0 })) };
}
