// Resolving and reopening, shown at once and taken back when the server refuses.
import { useMutation } from "@apollo/client/react";

import { graphql } from "./gql";
import type { IssueStatus } from "./gql/graphql";

const RESOLVE = graphql(`
  mutation Resolve($id: ID!) {
    resolveIssues(input: { issues: { ids: [$id] } }) {
      results {
        issueId
        issue {
          id
          status
          substatus
        }
        userErrors {
          message
        }
      }
    }
  }
`);

const UNRESOLVE = graphql(`
  mutation Unresolve($id: ID!) {
    unresolveIssues(input: { issues: { ids: [$id] } }) {
      results {
        issueId
        issue {
          id
          status
          substatus
        }
        userErrors {
          message
        }
      }
    }
  }
`);

/** The result that is expected; the cache shows it until the real one arrives. */
const expected = (id: string, status: IssueStatus) => ({
  results: [
    {
      __typename: "IssueResult" as const,
      issueId: id,
      userErrors: [],
      issue: { __typename: "Issue" as const, id, status, substatus: null },
    },
  ],
});

export function ResolveButton({ id, status }: { id: string; status: IssueStatus }) {
  const [resolve, { data, error }] = useMutation(RESOLVE, {
    optimisticResponse: { resolveIssues: { __typename: "ResolveIssuesPayload", ...expected(id, "RESOLVED") } },
  });
  const [unresolve] = useMutation(UNRESOLVE, {
    optimisticResponse: { unresolveIssues: { __typename: "UnresolveIssuesPayload", ...expected(id, "UNRESOLVED") } },
  });
  const refusal = error?.message ?? data?.resolveIssues?.results[0]?.userErrors[0]?.message;
  const isResolved = status === "RESOLVED";
  const run = isResolved ? unresolve : resolve;
  return (
    <button
      className={refusal ? "resolve refused" : "resolve"}
      title={refusal}
      onClick={() => void run({ variables: { id } })}
    >
      {isResolved ? "Undo" : "Resolve"}
    </button>
  );
}
