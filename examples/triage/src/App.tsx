import { useQuery } from "@apollo/client/react";

import { graphql } from "./gql";
import { IssuePage } from "./IssuePage";
import { Notice } from "./parts";
import { address, useRoute } from "./route";
import { TriageList } from "./TriageList";

const ORGANIZATIONS = graphql(`
  query Organizations {
    organizations(first: 100) {
      nodes {
        id
        slug
        name
      }
    }
  }
`);

export function App() {
  const { data, error } = useQuery(ORGANIZATIONS);
  const organizations = data?.organizations?.nodes.flatMap((organization) => organization ?? []) ?? [];
  const route = useRoute();
  const org = route.org ?? organizations[0]?.slug;

  return (
    <>
      <header className="top">
        <a className="brand" href={address(org ?? "")}>
          Triage
        </a>
        <nav>
          {organizations.map(({ id, slug, name }) => (
            <a key={id} href={address(slug)} aria-current={slug === org ? "page" : undefined}>
              {name ?? slug}
            </a>
          ))}
        </nav>
      </header>
      <main>
        {error && <Notice>{error.message}</Notice>}
        {org &&
          (route.shortId ? (
            <IssuePage key={route.shortId} org={org} shortId={route.shortId} />
          ) : (
            <TriageList key={org} org={org} />
          ))}
      </main>
    </>
  );
}
