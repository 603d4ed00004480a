"""Routes and documents of tests of alerts and monitors."""

WORKFLOWS = "/organizations/{organization}/workflows/"


DETECTORS = "/organizations/{organization}/detectors/"


PROJECTS = "/organizations/{organization}/projects/"


ALERTS_OF_WEB = """
  alerts(projects: [{ slug: "web" }], first: 50) {
    nodes {
      id name isEnabled triggers { logic conditions { __typename type } } actions { __typename type }
      monitors { nodes { __typename name } } lastTriggeredAt
    }
  }
"""


ASK = '{ organization(slug: "acme") { %s } }'


def web(asker):
    return next(project for project in asker.acme.projects if project.slug == "web")


def detectors_of_web(asker):
    return [one for one in asker.acme.detectors if one.project_id == web(asker).id]


def workflow(asker, name):
    """The workflow of that name that belongs to the project `web`."""
    ids = {one.id for one in detectors_of_web(asker)}
    return next(one for one in asker.acme.workflows if one.name.startswith(name) and ids & set(one.detector_ids))


METRIC = """
  nodes {
    name type isEnabled owner { __typename ... on Team { slug } } project { slug }
    ... on MetricMonitor {
      aggregate search dataset timeWindowSeconds environment eventTypes detection detectionRaw comparisonDeltaSeconds
      conditions { comparison comparisonRaw threshold priority sensitivity }
    }
  }
"""


LINKS = """
  monitors(projects: { slug: "web" }, first: 100) {
    nodes { id project { slug }
      alerts { nodes { name monitors { nodes { id } } projects { nodes { slug } } } } latestIssue { shortId } }
  }
"""
