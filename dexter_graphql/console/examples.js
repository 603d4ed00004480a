// The panel of examples: the documents of the server's library, grouped by what they do.
import { examples as listed, server } from "./content.js";
import { authorizationIn, parseHeaders } from "./headers.js";
import { loadOrganizations, variablesOf } from "./samples.js";

const GROUPS = { query: "Read", mutation: "Write", subscription: "Live" };
const h = React.createElement;
const { useEffect, useState } = React;

export const examples = listed.map((example) => ({
  ...example,
  kind: GraphiQL.GraphQL.parse(example.document).definitions[0].operation,
}));

function asText(variables) {
  return JSON.stringify(variables, null, 2);
}

// With a real Sentry the organization is empty until it is known.
export function initialVariables(example) {
  return asText(server.isSandbox ? example.variables : { ...example.variables, org: "" });
}

function useOrganizations(headersText) {
  const headers = parseHeaders(headersText);
  const authorization = authorizationIn(headers);
  const [organizations, setOrganizations] = useState({});
  useEffect(() => {
    if (server.isSandbox || (server.needsToken && !authorization)) return;
    loadOrganizations(headers).then(setOrganizations);
  }, [authorization]);
  return organizations;
}

// Fills the variables of the example that the page opened with, unless the user has changed them.
function useFirstExample(organizations, { variableEditor, queryEditor }) {
  useEffect(() => {
    const [first] = examples;
    if (!organizations.org || queryEditor?.getValue() !== first.document) return;
    if (variableEditor?.getValue() !== initialVariables(first)) return;
    variableEditor.setValue(asText({ ...first.variables, org: organizations.org }));
  }, [organizations, variableEditor]);
}

export function Examples() {
  const editor = GraphiQL.React.useEditorContext({ nonNull: true });
  const { tabs, activeTabIndex, addTab, changeTab, headerEditor, queryEditor, variableEditor } = editor;
  const headers = tabs[activeTabIndex].headers;
  const organizations = useOrganizations(headers);
  const [opening, setOpening] = useState(null);
  useFirstExample(organizations, editor);

  useEffect(() => {
    if (opening === null || !queryEditor || !variableEditor) return;
    queryEditor.setValue(opening.document);
    variableEditor.setValue(opening.variables);
    setOpening(null);
  }, [opening, queryEditor, variableEditor]);

  async function open(example) {
    const index = tabs.findIndex((tab) => tab.query === example.document);
    if (index === activeTabIndex) return;
    if (index >= 0) {
      changeTab(index);
      return;
    }
    const variables = asText(await variablesOf(example, organizations, parseHeaders(headerEditor?.getValue())));
    addTab();
    // React may apply the new tab once more after what waits from before the click, and empties the editors each time.
    React.startTransition(() => setOpening({ document: example.document, variables }));
  }

  return h(
    "section",
    { className: "examples", "aria-label": "Examples" },
    h("div", { className: "graphiql-doc-explorer-title" }, "Examples"),
    Object.entries(GROUPS).map(([kind, title]) =>
      h(
        "div",
        { key: kind, role: "group", "aria-label": title },
        h("h2", null, title),
        examples
          .filter((example) => example.kind === kind)
          .map((example) =>
            h(
              "button",
              {
                key: example.name,
                type: "button",
                "aria-current": tabs[activeTabIndex].query === example.document,
                onClick: () => open(example),
              },
              example.name,
              h("small", null, example.purpose),
            ),
          ),
      ),
    ),
  );
}

export function ExamplesIcon() {
  return h(
    "svg",
    { viewBox: "0 0 24 24", width: 24, height: 24, fill: "none", stroke: "currentColor", strokeWidth: 1.5 },
    h("path", { d: "M5 4h14v16H5zM9 9h6M9 13h6M9 17h3" }),
  );
}
