"""GraphQL documents of the workloads. Every server of the benchmark has their fields."""

ROW = """sentryId shortId title culprit level status priority platform commentCount isUnhandled eventCount userCount
    firstSeenAt lastSeenAt webUrl project { slug name }"""
"""15 scalars of an issue, and its project."""

TYPENAME = "{ __typename }"
LIST = f"""query List($org: String!) {{
  organization(slug: $org) {{ issues(first: 100) {{ nodes {{
    {ROW}
  }} }} }}
}}"""
FRESH_LIST = f"""query FreshList($org: String!, $search: String!) {{
  organization(slug: $org) {{ issues(first: 100, filter: {{ search: $search }}) {{ nodes {{
    {ROW}
  }} }} }}
}}"""
LIST_WITH_EVENTS = f"""query ListWithEvents($org: String!) {{
  organization(slug: $org) {{ issues(first: 100) {{ nodes {{
    {ROW}
    latestEvent {{ eventId title occurredAt }}
  }} }} }}
}}"""
LIGHT = """query Light($org: String!) {
  organization(slug: $org) { issues(first: 50) { nodes {
    shortId title latestEvent { eventId title occurredAt } project { slug hasMonitors }
  } } }
}"""
"""All fields have bulk endpoints."""
EACH = """query Each($org: String!) {
  organization(slug: $org) { issues(first: 50) { nodes {
    shortId title latestEvent { eventId title occurredAt platform } project { slug color }
  } } }
}"""
"""Two more fields without bulk endpoints: `platform` of the event and `color` of the project."""
PAGE = """query Page($org: String!) {
  organization(slug: $org) { issue(shortId: "AVATAR-7") {
    sentryId shortId title culprit level status priority platform eventCount userCount firstSeenAt lastSeenAt
    event(which: RECOMMENDED) {
      eventId title message occurredAt platform endUser { email username ipAddress } tags { key value }
      exceptions {
        type value mechanism { type isHandled } frames { file function line isInApp context { line text } }
      }
      breadcrumbs(last: 50) { occurredAt category level message }
      request { url method }
    }
    activity(first: 20) { nodes { kindRaw occurredAt actor { name } } }
  } }
}"""
