// An issue by its global id, and what happens to the issues of an organization.
import { graphql } from "react-relay";

export const query = graphql`
  query IssueNodeQuery($id: ID!) {
    node(id: $id) {
      __typename
      ...IssueRow_issue
    }
  }
`;

export const subscription = graphql`
  subscription IssueNodeSubscription($slug: String!) {
    issueChanged(organization: { slug: $slug }) {
      change {
        kind
        issue {
          ...IssueRow_issue
        }
      }
    }
  }
`;
