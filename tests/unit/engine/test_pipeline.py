"""Pipeline: documents that are refused, with their codes; cached documents; encoded responses."""

import asyncio
from contextlib import aclosing

import msgspec
import pytest
from graphql import GraphQLError, OperationType, build_schema

from dexter_graphql.engine import documents as module
from dexter_graphql.engine.documents import DocumentCache, PreparedDocument
from dexter_graphql.engine.pipeline import ExecutionAnswer, Pipeline, encode_errors
from dexter_graphql.errors import ErrorCode
from dexter_graphql.operations.limits import DocumentLimits, Limits

SDL = """
  type Query { a: Query, b: Int, must: Int!, fails: Int, echo(n: Int): Int, raw: Raw }
  type Mutation { write: Int }
  type Subscription { ticks(fail: Boolean): Int }
  scalar Raw
"""


class Ticks:
    """Three ticks, and whether the stream was closed."""

    def __init__(self, *, fail=False):
        self.fail, self.ended = fail, False

    async def __call__(self, _root, info, *, fail=False):
        if fail:
            raise ValueError("cannot begin")
        return self._ticks(info)

    async def _ticks(self, _info):
        try:
            for n in range(3):
                yield {"ticks": n}
                await asyncio.sleep(0)
        finally:
            self.ended = True


class Context:
    """The context of an operation with these extensions, or of a subscription whose events are executed together."""

    def __init__(self, *, groups_events=False, **extensions):
        self._extensions = extensions
        self.groups_events = groups_events
        self.groups, self.answered, self.closed = [], [], 0

    def extensions(self):
        return self._extensions

    def for_events(self, count):
        self.groups.append(count)
        return self

    def begin_answer(self, event):
        self.answered.append(event)

    async def close(self):
        self.closed += 1


def format_error(error):
    """An error with its code."""
    code = (error.extensions or {}).get("code", "INTERNAL")
    return {"message": error.message, **({"path": error.path} if error.path else {}), "extensions": {"code": str(code)}}


async def _fails(*_args):
    raise ValueError("no")


@pytest.fixture
def ticks():
    """The source of the subscription."""
    return Ticks()


@pytest.fixture
def schema():
    """The schema without resolvers."""
    return build_schema(SDL)


@pytest.fixture
def pipeline(ticks):
    """A pipeline over a small schema."""
    schema = build_schema(SDL)
    query = schema.query_type.fields
    query["a"].resolve = lambda *_: {}
    query["b"].resolve = lambda *_: 1
    query["must"].resolve = lambda *_: None
    query["fails"].resolve = _fails
    query["echo"].resolve = lambda _root, _info, n=None: n
    query["raw"].resolve = lambda *_: msgspec.Raw(b'{"as":  "it came"}')
    schema.type_map["Raw"].serialize = lambda value: value
    schema.subscription_type.fields["ticks"].subscribe = ticks
    return Pipeline(schema, checker=DocumentLimits(Limits(max_tokens=100, max_depth=5, max_root_fields=1000)))


def codes(prepared):
    """Codes of the errors of a document."""
    return [error.extensions["code"] for error in prepared.errors]


async def execution(pipeline, text, variables=None, *, name=None, **extensions):
    """The response to a document, decoded and as it is."""
    answer = await pipeline.execute(pipeline.prepare(text, name), variables, Context(**extensions), format_error)
    return msgspec.json.decode(answer.body), answer


class TestPrepare:
    """Parsing, checking and validating."""

    @pytest.mark.parametrize(
        ("text", "code"),
        [
            ("", ErrorCode.GRAPHQL_PARSE_FAILED),
            ("{", ErrorCode.GRAPHQL_PARSE_FAILED),
            ('{ a(x: "\ud800") }', ErrorCode.GRAPHQL_PARSE_FAILED),
            ("{" + "b " * 98 + "}", None),
            ("{" + "b " * 99 + "}", ErrorCode.QUERY_TOO_COMPLEX),
            ("{ a " * 4 + "{ b }" + "}" * 4, None),
            ("{ a " * 5 + "{ b }" + "}" * 5, ErrorCode.QUERY_TOO_COMPLEX),
            ("{ nothing }", ErrorCode.GRAPHQL_VALIDATION_FAILED),
            ("{ b @skip }", ErrorCode.GRAPHQL_VALIDATION_FAILED),
            ("{ ...A } fragment A on Query { b ...A }", ErrorCode.GRAPHQL_VALIDATION_FAILED),
            ("query A { b } query B { b }", ErrorCode.BAD_USER_INPUT),
            ("type A { b: Int }", ErrorCode.GRAPHQL_VALIDATION_FAILED),
        ],
    )
    def test_refusal_has_its_code(self, pipeline, text, code):
        """The kind of error decides on the code; a document at a limit is accepted."""
        prepared = pipeline.prepare(text)

        assert set(codes(prepared)) == ({code} if code else set())
        assert (prepared.operation_entry is None) is bool(code)

    def test_limits_come_before_validation(self, pipeline):
        """A document over a limit is not validated."""
        assert codes(pipeline.prepare("{ a " * 6 + "{ nothing }" + "}" * 6)) == [ErrorCode.QUERY_TOO_COMPLEX]

    def test_errors_are_bounded(self):
        """Validation stops after ten errors; the code is that of an invalid document."""
        prepared = Pipeline(build_schema(SDL)).prepare("{" + " ".join(f"n{n}" for n in range(20)) + "}")

        assert codes(prepared) == [ErrorCode.GRAPHQL_VALIDATION_FAILED] * 11

    @pytest.mark.parametrize("text", ["{ a " * 3000 + "}" * 3000, "{ a(x: " + "[" * 3000 + "]" * 3000 + ") }"])
    def test_nesting_is_refused_before_parsing(self, text):
        """A document deeper than the parser can follow is too complex; without checks the parser gives up on it."""
        schema = build_schema(SDL)
        checker = DocumentLimits(Limits(max_tokens=50_000))

        assert codes(Pipeline(schema, checker=checker).prepare(text)) == [ErrorCode.QUERY_TOO_COMPLEX]
        assert codes(Pipeline(schema).prepare(text)) == [ErrorCode.GRAPHQL_PARSE_FAILED]

    def test_validation_that_gives_up_is_refused(self):
        """A document that costs validation too much is too complex."""
        prepared = Pipeline(build_schema(SDL)).prepare("{" + "b " * 3000 + "}")

        assert codes(prepared) == [ErrorCode.QUERY_TOO_COMPLEX]
        assert prepared.errors[0].message == "The document is too complex to be validated"

    @pytest.mark.parametrize(
        ("name", "chosen"), [("A", "A"), ("B", "B"), ("C", None), (None, None), ("", None), ("x" * 500, None)]
    )
    def test_operation_is_chosen_by_name(self, pipeline, name, chosen):
        """Of several operations one must be named; an unknown name is in the message, cut short."""
        prepared = pipeline.prepare("query A { b } mutation B { write }", name)

        assert prepared.name == chosen
        if chosen is None:
            assert codes(prepared) == [ErrorCode.BAD_USER_INPUT]
            assert len(prepared.errors[0].message) < 150
            assert ("operationName" in prepared.errors[0].message) is not bool(name)

    @pytest.mark.parametrize(
        ("text", "kind"),
        [
            ("{ b }", OperationType.QUERY),
            ("mutation { write }", OperationType.MUTATION),
            ("subscription { ticks }", OperationType.SUBSCRIPTION),
            ("{", None),
        ],
    )
    def test_kind_of_the_operation(self, pipeline, text, kind):
        """Transports treat the kinds differently; a refused document has none, and no name."""
        prepared = pipeline.prepare(text)

        assert (prepared.kind, prepared.name) == (kind, None)

    def test_document_is_parsed_once(self, pipeline, monkeypatch):
        """Valid and invalid documents are cached; two operations of one text are one document."""
        looked_at = []
        parse = module.parse
        monkeypatch.setattr(module, "parse", lambda text, **more: looked_at.append(text) or parse(text, **more))

        for _ in range(3):
            assert pipeline.prepare("query A { b } query B { b }", "A").name == "A"
            assert pipeline.prepare("query A { b } query B { b }", "B").name == "B"
            assert pipeline.prepare("{") != PreparedDocument()

        assert looked_at == ["query A { b } query B { b }", "{"]


class TestDocumentBounds:
    """How many documents are cached."""

    @staticmethod
    def cached(documents, monkeypatch, texts):
        """The texts that are not parsed again."""
        parsed = []

        def parse(_self, text):
            parsed.append(text)
            return module.CachedDocument()

        monkeypatch.setattr(module.DocumentCache, "_inspect", parse)
        for text in texts:
            documents._document(text)
        return [text for text in texts if text not in parsed]

    def test_number_is_bounded(self, schema, monkeypatch):
        """The least recently used document goes first."""
        documents = DocumentCache(schema, max_documents=3)
        texts = [f"{{ b{n}: b }}" for n in range(4)]

        for n in (0, 1, 2, 0, 3):
            documents.prepare(texts[n])

        assert self.cached(documents, monkeypatch, [texts[n] for n in (0, 2, 3, 1)]) == [texts[0], texts[2], texts[3]]

    @pytest.mark.parametrize(("room", "count"), [(2, 2), (3, 3)])
    def test_memory_is_bounded(self, schema, monkeypatch, room, count):
        """Valid and invalid documents count with their estimated size."""
        texts = [f"{{ b{n}: b }}" for n in range(2)] + ["{ nope  }"]
        size = DocumentCache(schema)._inspect(texts[0]).size
        documents = DocumentCache(schema, max_bytes=room * size + 100)

        for text in texts:
            documents.prepare(text)

        assert self.cached(documents, monkeypatch, texts[::-1]) == texts[::-1][:count]

    def test_document_larger_than_the_whole_cache_is_run_and_not_cached(self, schema, monkeypatch):
        """It evicts no other document."""
        documents = DocumentCache(schema, max_bytes=DocumentCache(schema)._inspect("{ b }").size)

        assert documents.prepare("{ b }").operation_entry is not None
        assert documents.prepare("{ b }      ").operation_entry is not None

        assert self.cached(documents, monkeypatch, ["{ b }", "{ b }      "]) == ["{ b }"]


class TestExecute:
    """Queries and mutations."""

    async def test_answer_is_data_alone(self, pipeline):
        """Without errors and extensions there is one key; nested values keep the document's order."""
        _, answer = await execution(pipeline, "{ x: b a { b } b }")

        assert answer == ExecutionAnswer(b'{"data":{"x":1,"a":{"b":1},"b":1}}')

    async def test_raw_json_is_spliced(self, pipeline):
        """Raw JSON goes into the response unchanged."""
        _, answer = await execution(pipeline, "{ raw }")

        assert answer.body == b'{"data":{"raw":{"as":  "it came"}}}'

    async def test_failed_branch_leaves_the_rest(self, pipeline):
        """The error is beside the data, at its path; the operation was executed."""
        body, answer = await execution(pipeline, "{ b a { fails } }")

        assert body == {
            "errors": [{"message": "no", "path": ["a", "fails"], "extensions": {"code": "INTERNAL"}}],
            "data": {"b": 1, "a": {"fails": None}},
        }
        assert (answer.is_request_error, answer.codes) == (False, ("INTERNAL",))

    async def test_null_at_the_root_is_still_data(self, pipeline):
        """`data` is null and not missing when the operation was executed."""
        body, answer = await execution(pipeline, "{ must }")

        assert (body["data"], body["errors"][0]["path"], answer.is_request_error) == (None, ["must"], False)

    @pytest.mark.parametrize("variables", [{"n": "x"}, {"n": 2**40}, {"n": [1]}])
    async def test_invalid_variables_execute_nothing(self, pipeline, variables):
        """There is no data, as for an invalid document."""
        body, answer = await execution(pipeline, "query ($n: Int) { echo(n: $n) }", variables)

        assert body.keys() == {"errors"}
        assert answer.is_request_error

    @pytest.mark.parametrize(("variables", "value"), [(None, None), ({}, None), ({"n": None}, None), ({"n": 7}, 7)])
    async def test_variables_may_be_absent(self, pipeline, variables, value):
        """Absent, null, empty and given variables are accepted."""
        body, _ = await execution(pipeline, "query ($n: Int) { echo(n: $n) }", variables)

        assert body == {"data": {"echo": value}}

    async def test_named_operation_is_run(self, pipeline):
        """Of several operations the named one is executed."""
        body, _ = await execution(pipeline, "query A { b } query B { a { b } }", name="B")

        assert body == {"data": {"a": {"b": 1}}}

    async def test_refused_document_executes_nothing(self, pipeline):
        """Errors are formatted, and their codes are a part of the result."""
        body, answer = await execution(pipeline, "{ nothing }")

        assert body.keys() == {"errors"}
        assert (answer.is_request_error, answer.codes) == (True, ("GRAPHQL_VALIDATION_FAILED",))

    async def test_extensions_are_in_the_response(self, pipeline):
        """Under `dexter`, with data and with errors."""
        succeeded, _ = await execution(pipeline, "{ b }", stale=["a"])
        failed, _ = await execution(pipeline, "{ fails }", stale=["a"])

        assert succeeded == {"data": {"b": 1}, "extensions": {"dexter": {"stale": ["a"]}}}
        assert failed["extensions"] == {"dexter": {"stale": ["a"]}}


class TestSubscribe:
    """Streams of responses."""

    @staticmethod
    async def all(pipeline, text, variables=None):
        """All responses, decoded, and whether each is a request error."""
        prepared = pipeline.prepare(text)
        answers = pipeline.subscribe(prepared, variables, Context(), format_error)
        return [(msgspec.json.decode(answer.body), answer.is_request_error) async for answer in answers]

    async def test_one_response_per_event(self, pipeline, ticks):
        """The stream ends when its source does."""
        answers = await self.all(pipeline, "subscription { ticks }")

        assert answers == [({"data": {"ticks": n}}, False) for n in range(3)]
        assert ticks.ended

    async def test_source_is_closed_with_the_stream(self, pipeline, ticks):
        """Closing the stream closes its source at once."""
        prepared = pipeline.prepare("subscription { ticks }")

        async with aclosing(pipeline.subscribe(prepared, None, Context(), format_error)) as answers:
            assert (await anext(answers)).body == b'{"data":{"ticks":0}}'
            assert not ticks.ended

        assert ticks.ended

    @pytest.mark.parametrize(("groups_events", "groups"), [(True, [3]), (False, [1, 1, 1])])
    async def test_events_that_arrive_together_are_executed_together(self, pipeline, ticks, groups_events, groups):
        """In one context, which is closed before their answers are sent one by one, each after its event is named."""
        context = Context(groups_events=groups_events)
        prepared = pipeline.prepare("subscription { ticks }")

        answers = pipeline.subscribe(prepared, None, context, format_error)
        answered = [[*context.answered] async for _ in answers]

        assert (context.groups, context.closed) == (groups, len(groups))
        assert answered == [[{"ticks": tick} for tick in range(count)] for count in (1, 2, 3)]

    @pytest.mark.parametrize(
        ("text", "variables", "is_request_error"),
        [
            ("subscription { nothing }", None, True),
            ("subscription ($f: Boolean!) { ticks(fail: $f) }", {}, True),
            ("subscription { ticks(fail: true) }", None, False),
        ],
    )
    async def test_stream_that_cannot_begin_is_one_response(self, pipeline, text, variables, is_request_error):
        """An invalid document, invalid variables and a failing source give one error, and the stream ends."""
        [(body, is_refused)] = await self.all(pipeline, text, variables)

        assert len(body["errors"]) == 1
        assert body.get("data") is None
        assert is_refused is is_request_error


def test_encoded_errors_have_no_data():
    """A response to a request that was not executed; codes are sorted and unique."""
    errors = [GraphQLError("x", extensions={"code": code}) for code in ("B", "A", "B")]

    answer = encode_errors(errors, format_error)

    assert (answer.is_request_error, answer.codes) == (True, ("A", "B"))
    assert [error["message"] for error in msgspec.json.decode(answer.body)["errors"]] == ["x", "x", "x"]


def test_error_without_extensions_has_no_code():
    """The formatter decides whether an error has a code."""
    assert encode_errors([GraphQLError("x")], lambda error: {"message": error.message}).codes == ()
