// Renders the Markdown text of a documentation page, with the component that GraphiQL has for descriptions.
// Without GraphiQL the text stays as it is.
const main = document.getElementById("text");

// The id that links between the pages use for a heading.
function headingId(text) {
  return text.toLowerCase().replace(/[^\w\s-]/g, "").replace(/\s/g, "-");
}

function Page({ text }) {
  React.useEffect(() => {
    for (const heading of main.querySelectorAll("h2, h3")) heading.id = headingId(heading.textContent);
    document.getElementById(decodeURIComponent(location.hash.slice(1)))?.scrollIntoView();
  }, []);
  return React.createElement(GraphiQL.React.MarkdownContent, { type: "description" }, text);
}

if (window.GraphiQL && window.ReactDOM) {
  ReactDOM.createRoot(main).render(React.createElement(Page, { text: main.textContent }));
}
