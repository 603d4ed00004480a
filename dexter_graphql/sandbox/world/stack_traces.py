"""Error templates of six languages: types, messages and stack frames."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Frame:
    """A stack frame. `code` is the executed line; `is_app` is False for library code."""

    file: str
    function: str
    line: int
    code: str
    is_app: bool = True


@dataclass(frozen=True, slots=True)
class Template:
    """An error. `value` may contain {n} and {thing}; `frames` are oldest first, and the last one is the culprit."""

    type_name: str
    value: str
    transaction: str
    frames: tuple[Frame, ...]


@dataclass(frozen=True, slots=True)
class Language:
    """Event attributes shared by a language, and its error templates."""

    sdk: str
    sdk_version: str
    runtime: str
    runtime_version: str
    mechanism: str
    library: tuple[Frame, ...]
    templates: tuple[Template, ...]


THINGS = ("cart", "invoice", "session", "profile", "search index", "payment", "inventory", "upload", "report", "quote")

_JAVASCRIPT = Language(
    "sentry.javascript.react",
    "9.12.0",
    "browser",
    "126.0",
    "onunhandledrejection",
    (Frame("~/vendor/react-dom.production.js", "commitRoot", 2041, "  flushPassiveEffects(root);", is_app=False),),
    (
        Template("TimeoutError", "Request for the {thing} failed: timeout of {n}000 ms", "/checkout/:id", (
            Frame("~/src/api/client.ts", "fetchJSON", 57, "    const answer = await race(request, deadline);"),
            Frame("~/src/api/client.ts", "race", 23, "    throw new TimeoutError(url, limit);"),
        )),
        Template("TypeError", "Cannot read properties of undefined (reading '{thing}')", "/products/:slug", (
            Frame("~/src/pages/Product.tsx", "Product", 88, "  const view = render(props.item);"),
            Frame("~/src/pages/render.ts", "render", 14, "  return item.parts.map(part => part.name);"),
        )),
        Template("ChunkLoadError", "Loading chunk {n} failed: {thing}.js", "/account", (
            Frame("~/src/router.ts", "loadPage", 31, "  return import(`./pages/${name}`);"),
        )),
        Template("NetworkError", "Timeout while sending the {thing} to the server", "/upload", (
            Frame("~/src/upload/queue.ts", "drain", 74, "    await this.send(this.waiting.shift());"),
            Frame("~/src/upload/queue.ts", "send", 101, "    if (!reply.ok) throw new NetworkError(reply);"),
        )),
        Template("RangeError", "Invalid array length {n} for the {thing}", "/reports", (
            Frame("~/src/charts/bins.ts", "bins", 19, "  return new Array(Math.floor(span / width));"),
        )),
    ),
)  # fmt: skip

_PYTHON = Language(
    "sentry.python.django",
    "2.31.0",
    "CPython",
    "3.12.4",
    "django",
    (Frame("django/core/handlers/base.py", "_get_response", 197, "response = wrapped_callback(request)",
           is_app=False),),
    (
        Template("OperationalError", "canceling statement due to statement timeout: {thing} {n}", "/api/v2/orders/", (
            Frame("shop/views/orders.py", "list_orders", 41, "    rows = store.fetch(request.user, page)"),
            Frame("shop/store.py", "fetch", 118, "        cursor.execute(query, parameters)"),
        )),
        Template("KeyError", "'{thing}'", "/api/v2/hooks/", (
            Frame("shop/hooks.py", "receive", 29, "    handle(payload)"),
            Frame("shop/hooks.py", "handle", 52, "    subject = payload[name]"),
        )),
        Template("ValueError", "time data '{n}' does not match format of the {thing}", "/api/v2/imports/", (
            Frame("shop/imports/dates.py", "parse", 12, "    return datetime.strptime(text, FORMAT)"),
        )),
        Template("ReadTimeout", "HTTPSConnectionPool: no {thing} in time (read timeout={n})", "tasks.sync", (
            Frame("shop/tasks.py", "sync", 66, "    answer = session.get(url, timeout=LIMIT)"),
        )),
        Template("ZeroDivisionError", "division by zero in the {thing} total of {n}", "/api/v2/totals/", (
            Frame("shop/totals.py", "average", 8, "    return total / len(rows)"),
        )),
    ),
)  # fmt: skip

_GO = Language(
    "sentry.go",
    "0.34.0",
    "go",
    "go1.24.3",
    "generic",
    (Frame("net/http/server.go", "HandlerFunc.ServeHTTP", 2294, "\tf(w, r)", is_app=False),),
    (
        Template("*url.Error", "Get {thing}: context deadline exceeded after {n}s (Client.Timeout)", "GET /v1/route", (
            Frame("gateway/proxy.go", "(*Proxy).Forward", 83, "\tresponse, err := p.client.Do(request)"),
        )),
        Template("runtime.boundsError", "index out of range [{n}] with length 0 in the {thing}", "GET /v1/list", (
            Frame("gateway/list.go", "firstOf", 27, "\treturn rows[page*size]"),
        )),
        Template("*net.OpError", "dial tcp 10.0.0.{n}:5432: connect: connection refused ({thing})", "POST /v1/write", (
            Frame("gateway/store.go", "(*Store).Write", 140, "\tconn, err := s.pool.Get(ctx)"),
        )),
    ),
)  # fmt: skip

_JAVA = Language(
    "sentry.java.spring-boot",
    "8.13.0",
    "OpenJDK",
    "21.0.3",
    "Spring5ExceptionResolver",
    (Frame("org/springframework/web/servlet/FrameworkServlet.java", "service", 885, "        super.service(req, res);",
           is_app=False),),
    (
        Template("NullPointerException", 'Cannot invoke "{thing}.size()" because it is null ({n})', "GET /search", (
            Frame("com/acme/search/Ranker.java", "rank", 77, "        int count = candidates.size();"),
        )),
        Template("SocketTimeoutException", "Read timeout of the {thing} after {n} seconds", "GET /suggest", (
            Frame("com/acme/search/Index.java", "query", 203, "        return transport.send(request);"),
        )),
        Template("IllegalStateException", "The {thing} was closed {n} times", "POST /reindex", (
            Frame("com/acme/search/Writer.java", "close", 51, "        ensureOpen();"),
        )),
    ),
)  # fmt: skip

_RUBY = Language(
    "sentry.ruby.rails",
    "5.24.0",
    "ruby",
    "3.3.2",
    "rails",
    (Frame("actionpack/lib/action_controller/metal.rb", "dispatch", 227, "      process(name)", is_app=False),),
    (
        Template("NoMethodError", "undefined method '{thing}' for nil (row {n})", "OrdersController#show", (
            Frame("app/controllers/orders_controller.rb", "show", 18, "    @view = order.lines.first.label"),
        )),
        Template("Net::ReadTimeout", "Net::ReadTimeout with the {thing} after {n} seconds", "SyncJob", (
            Frame("app/jobs/sync_job.rb", "perform", 33, "    http.request(message)"),
        )),
        Template("ActiveRecord::RecordNotFound", "Couldn't find {thing} with 'id'={n}", "ItemsController#edit", (
            Frame("app/models/item.rb", "locate", 9, "    find(id)"),
        )),
    ),
)  # fmt: skip

_CSHARP = Language(
    "sentry.dotnet.aspnetcore",
    "5.9.0",
    ".NET",
    "9.0.4",
    "AspNetCore",
    (Frame("Microsoft.AspNetCore.Routing.EndpointMiddleware", "Invoke", 71, "await endpoint.RequestDelegate(context);",
           is_app=False),),
    (
        Template("System.NullReferenceException", "The {thing} is not set to an instance ({n})", "GET /desk/tickets", (
            Frame("Desk/Tickets.cs", "Tickets.Load", 64, "            var owner = ticket.Owner.Name;"),
        )),
        Template("System.TimeoutException", "Timeout expired: no {thing} after {n}s", "POST /desk/close", (
            Frame("Desk/Store.cs", "Store.Save", 122, "            await command.ExecuteAsync(limit);"),
        )),
    ),
)  # fmt: skip

LANGUAGES: Mapping[str, Language] = MappingProxyType(
    {
        "javascript": _JAVASCRIPT,
        "python": _PYTHON,
        "go": _GO,
        "java": _JAVA,
        "ruby": _RUBY,
        "csharp": _CSHARP,
    }
)
