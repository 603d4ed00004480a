// The issues of an organization, page by page.
import { graphql } from "react-relay";

export const query = graphql`
  query IssueListQuery($slug: String!, $count: Int = 20, $cursor: String) {
    organization(slug: $slug) {
      name
      ...IssueList_organization @arguments(count: $count, cursor: $cursor)
    }
  }
`;

export const organization = graphql`
  fragment IssueList_organization on Organization
  @argumentDefinitions(count: { type: "Int", defaultValue: 20 }, cursor: { type: "String" })
  @refetchable(queryName: "IssueListPaginationQuery") {
    issues(first: $count, after: $cursor, filter: { status: UNRESOLVED }) @connection(key: "IssueList_issues") {
      edges {
        inRange {
          eventCount
        }
        node {
          ...IssueRow_issue
        }
      }
      totalCount
    }
  }
`;
