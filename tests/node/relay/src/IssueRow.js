// A row of the list, which can be fetched again by its global id.
import { graphql } from "react-relay";

export const issue = graphql`
  fragment IssueRow_issue on Issue @refetchable(queryName: "IssueRowRefetchQuery") {
    shortId
    title
    status
    assignee {
      __typename
      ... on User {
        name
      }
      ... on Team {
        slug
      }
    }
  }
`;
