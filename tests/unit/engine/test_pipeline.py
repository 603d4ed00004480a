"""Documents in, bytes out: what is kept, what is refused and with which code, and how answers are written."""

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
    """Three ticks, and whether somebody ended them."""

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
    """What belongs to an operation: here, what the answer shall tell."""

    def __init__(self, **told):
        self.told = told

    def extensions(self):
        return self.told


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


async def execution(pipeline, text, variables=None, *, name=None, **told):
    """The answer to a document, decoded, and the answer itself."""
    answer = await pipeline.execute(pipeline.prepare(text, name), variables, Context(**told), format_error)
    return msgspec.json.decode(answer.body), answer


class TestPrepare:
    """Looking at a document."""

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
        """What is wrong decides on the code; a document at a limit is taken."""
        prepared = pipeline.prepare(text)

        assert set(codes(prepared)) == ({code} if code else set())
        assert (prepared.operation_entry is None) is bool(code)

    def test_too_large_is_said_alone(self, pipeline):
        """A document over a limit is not worth the other rules."""
        assert codes(pipeline.prepare("{ a " * 6 + "{ nothing }" + "}" * 6)) == [ErrorCode.QUERY_TOO_COMPLEX]

    def test_errors_are_bounded(self):
        """The eleventh mistake is not looked for; the code says that the document is wrong, not that it is large."""
        prepared = Pipeline(build_schema(SDL)).prepare("{" + " ".join(f"n{n}" for n in range(20)) + "}")

        assert codes(prepared) == [ErrorCode.GRAPHQL_VALIDATION_FAILED] * 11

    @pytest.mark.parametrize("text", ["{ a " * 3000 + "}" * 3000, "{ a(x: " + "[" * 3000 + "]" * 3000 + ") }"])
    def test_nesting_is_refused_before_parsing(self, text):
        """A document deeper than the parser can follow is too complex; without checks the parser gives up on it."""
        schema = build_schema(SDL)
        checker = DocumentLimits(Limits(max_tokens=50_000))

        assert codes(Pipeline(schema, checker=checker).prepare(text)) == [ErrorCode.QUERY_TOO_COMPLEX]
        assert codes(Pipeline(schema).prepare(text)) == [ErrorCode.GRAPHQL_PARSE_FAILED]

    def test_comparing_without_end_is_refused(self):
        """Rules that give up on a document say so with the code of what is too large."""
        prepared = Pipeline(build_schema(SDL)).prepare("{" + "b " * 3000 + "}")

        assert codes(prepared) == [ErrorCode.QUERY_TOO_COMPLEX]
        assert prepared.errors[0].message == "The document is too complex to be validated"

    @pytest.mark.parametrize(
        ("name", "found"), [("A", "A"), ("B", "B"), ("C", None), (None, None), ("", None), ("x" * 500, None)]
    )
    def test_operation_is_chosen_by_name(self, pipeline, name, found):
        """Of several operations one must be named; a name that is not there is told, cut short."""
        prepared = pipeline.prepare("query A { b } mutation B { write }", name)

        assert prepared.name == found
        if found is None:
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
    def test_kind_is_told(self, pipeline, text, kind):
        """Transports treat the kinds differently; what is not to be run has none, and no name."""
        prepared = pipeline.prepare(text)

        assert (prepared.kind, prepared.name) == (kind, None)

    def test_document_is_inspect_once(self, pipeline, monkeypatch):
        """Good and bad documents alike are remembered; another operation of the same text is not another document."""
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
        """Documents count with what they take when parsed; bad ones do too."""
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
        """JSON that nobody decoded goes into the answer byte by byte."""
        _, answer = await execution(pipeline, "{ raw }")

        assert answer.body == b'{"data":{"raw":{"as":  "it came"}}}'

    async def test_failed_branch_leaves_the_rest(self, pipeline):
        """The error stands beside the data, at its path; something was run."""
        body, answer = await execution(pipeline, "{ b a { fails } }")

        assert body == {
            "errors": [{"message": "no", "path": ["a", "fails"], "extensions": {"code": "INTERNAL"}}],
            "data": {"b": 1, "a": {"fails": None}},
        }
        assert (answer.is_request_error, answer.codes) == (False, ("INTERNAL",))

    async def test_null_that_went_to_the_top_is_still_data(self, pipeline):
        """`data` is null and not missing when something was run."""
        body, answer = await execution(pipeline, "{ must }")

        assert (body["data"], body["errors"][0]["path"], answer.is_request_error) == (None, ["must"], False)

    @pytest.mark.parametrize("variables", [{"n": "x"}, {"n": 2**40}, {"n": [1]}])
    async def test_variables_that_do_not_fit_run_nothing(self, pipeline, variables):
        """There is no data, as for a bad document."""
        body, answer = await execution(pipeline, "query ($n: Int) { echo(n: $n) }", variables)

        assert body.keys() == {"errors"}
        assert answer.is_request_error

    @pytest.mark.parametrize(("variables", "value"), [(None, None), ({}, None), ({"n": None}, None), ({"n": 7}, 7)])
    async def test_variables_may_be_absent(self, pipeline, variables, value):
        """Absent, null, empty and given variables are all taken."""
        body, _ = await execution(pipeline, "query ($n: Int) { echo(n: $n) }", variables)

        assert body == {"data": {"echo": value}}

    async def test_named_operation_is_run(self, pipeline):
        """Of several operations the named one runs."""
        body, _ = await execution(pipeline, "query A { b } query B { a { b } }", name="B")

        assert body == {"data": {"a": {"b": 1}}}

    async def test_refused_document_runs_nothing(self, pipeline):
        """Errors are formatted, and their codes told to whoever writes the status."""
        body, answer = await execution(pipeline, "{ nothing }")

        assert body.keys() == {"errors"}
        assert (answer.is_request_error, answer.codes) == (True, ("GRAPHQL_VALIDATION_FAILED",))

    async def test_extensions_are_told_when_there_are_any(self, pipeline):
        """What the operation tells stands under our name, with data and with errors."""
        told, _ = await execution(pipeline, "{ b }", stale=["a"])
        failed, _ = await execution(pipeline, "{ fails }", stale=["a"])

        assert told == {"data": {"b": 1}, "extensions": {"dexter": {"stale": ["a"]}}}
        assert failed["extensions"] == {"dexter": {"stale": ["a"]}}


class TestSubscribe:
    """Streams of answers."""

    @staticmethod
    async def all(pipeline, text, variables=None):
        """All answers, decoded, with whether each says that nothing was run."""
        prepared = pipeline.prepare(text)
        answers = pipeline.subscribe(prepared, variables, Context(), format_error)
        return [(msgspec.json.decode(answer.body), answer.is_request_error) async for answer in answers]

    async def test_answers_come_one_per_event(self, pipeline, ticks):
        """The stream ends when its source does."""
        answers = await self.all(pipeline, "subscription { ticks }")

        assert answers == [({"data": {"ticks": n}}, False) for n in range(3)]
        assert ticks.ended

    async def test_source_ends_with_its_reader(self, pipeline, ticks):
        """Whoever stops reading frees what was held for them, at once."""
        prepared = pipeline.prepare("subscription { ticks }")

        async with aclosing(pipeline.subscribe(prepared, None, Context(), format_error)) as answers:
            assert (await anext(answers)).body == b'{"data":{"ticks":0}}'
            assert not ticks.ended

        assert ticks.ended

    @pytest.mark.parametrize(
        ("text", "variables", "is_request_error"),
        [
            ("subscription { nothing }", None, True),
            ("subscription ($f: Boolean!) { ticks(fail: $f) }", {}, True),
            ("subscription { ticks(fail: true) }", None, False),
        ],
    )
    async def test_stream_that_cannot_begin_is_one_answer(self, pipeline, text, variables, is_request_error):
        """A bad document, bad variables and a source that fails give an error each, and the stream ends."""
        [(body, found)] = await self.all(pipeline, text, variables)

        assert len(body["errors"]) == 1
        assert body.get("data") is None
        assert found is is_request_error


def test_written_errors_have_no_data():
    """An answer for a request that was never run; codes are sorted and told once."""
    errors = [GraphQLError("x", extensions={"code": code}) for code in ("B", "A", "B")]

    answer = encode_errors(errors, format_error)

    assert (answer.is_request_error, answer.codes) == (True, ("A", "B"))
    assert [error["message"] for error in msgspec.json.decode(answer.body)["errors"]] == ["x", "x", "x"]


def test_error_without_extensions_has_no_code():
    """Whoever formats errors decides whether they have a code."""
    assert encode_errors([GraphQLError("x")], lambda error: {"message": error.message}).codes == ()
