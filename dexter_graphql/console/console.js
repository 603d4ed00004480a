// Puts GraphiQL on the page: queries by POST, subscriptions by WebSocket, the server's examples in a plugin.
"use strict";

(() => {
  const { createElement: h } = React;
  const url = new URL(location.pathname, location.href);
  const socketUrl = Object.assign(new URL(url), { protocol: url.protocol === "https:" ? "wss:" : "ws:" });
  const examples = JSON.parse(document.getElementById("examples").textContent);

  // The operation that is about to run, read from the text itself: what GraphiQL tells besides of it is older than
  // the last key by a tenth of a second. Nothing when the text is no document; the server says what is wrong with it.
  function operationOf({ query, operationName }) {
    try {
      const operations = GraphiQL.GraphQL.parse(query).definitions.filter((node) => node.kind === "OperationDefinition");
      return operations.find((node) => node.name?.value === operationName) ?? operations[0];
    } catch {
      return undefined;
    }
  }

  async function post(params, headers) {
    const response = await fetch(url, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        accept: "application/graphql-response+json, application/json;q=0.9",
        ...headers,
      },
      body: JSON.stringify(params),
    });
    return response.json();
  }

  // One socket per subscription, so that each begins with the headers of its own tab.
  function subscribe(params, headers) {
    const client = graphqlWs.createClient({ url: socketUrl.href, connectionParams: { headers }, retryAttempts: 0 });
    const iterator = client.iterate(params);
    const end = iterator.return.bind(iterator);
    iterator.return = async (value) => {
      const result = await end(value);
      await client.dispose();
      return result;
    };
    return iterator;
  }

  function fetcher(params, options) {
    const headers = options?.headers ?? {};
    const operation = operationOf(params);
    const wanted = { ...params, operationName: operation?.name?.value };
    return operation?.operation === "subscription" ? subscribe(wanted, headers) : post(wanted, headers);
  }

  function Examples() {
    const { addTab, queryEditor, variableEditor } = GraphiQL.React.useEditorContext({ nonNull: true });
    const [wanted, setWanted] = React.useState(null);
    React.useEffect(() => {
      if (wanted === null || !queryEditor || !variableEditor) return;
      queryEditor.setValue(wanted.document);
      variableEditor.setValue(JSON.stringify(wanted.variables, null, 2));
      setWanted(null);
    }, [wanted, queryEditor, variableEditor]);
    const open = (example) => {
      addTab();
      // React may apply the new tab once more after what waits from before the click, and empties the editors each time.
      React.startTransition(() => setWanted(example));
    };
    return h(
      "section",
      { "aria-label": "Examples" },
      h("div", { className: "graphiql-doc-explorer-title" }, "Examples"),
      h(
        "ul",
        { className: "examples" },
        examples.map((example) =>
          h(
            "li",
            { key: example.name },
            h("button", { type: "button", onClick: () => open(example) }, example.name, h("small", null, example.purpose)),
          ),
        ),
      ),
    );
  }

  const icon = () =>
    h(
      "svg",
      { viewBox: "0 0 24 24", width: 24, height: 24, fill: "none", stroke: "currentColor", strokeWidth: 1.5 },
      h("path", { d: "M5 4h14v16H5zM9 9h6M9 13h6M9 17h3" }),
    );

  ReactDOM.createRoot(document.getElementById("graphiql")).render(
    h(GraphiQL, {
      fetcher,
      plugins: [{ title: "Examples", icon, content: Examples }],
      defaultQuery: examples[0]?.document ?? "{ __typename }",
      variables: examples[0] ? JSON.stringify(examples[0].variables, null, 2) : undefined,
      defaultEditorToolsVisibility: "variables",
      shouldPersistHeaders: false,
      isHeadersEditorEnabled: true,
    }),
  );
})();
