"""Walking through lists: whatever the steps and whatever the pages, every row comes once and in order."""

from hypothesis import given
from hypothesis import strategies as st

from dexter_graphql.sentry.paging import MAX_EMPTY_PAGES, MAX_PAGE, Page, collect

STEPS = st.lists(st.integers(1, 350), min_size=1, max_size=30)


class Offsets:
    """Sentry's own way: pages of the size that is asked for, and a cursor that only it understands."""

    def __init__(self, total):
        self.rows = list(range(total))

    async def __call__(self, size, cursor):
        assert 1 <= size <= MAX_PAGE
        start = 0 if cursor is None else int(cursor.removeprefix("0:").removesuffix(":0"))
        end = start + size
        return Page(rows=self.rows[start:end], next=f"0:{end}:0" if end < len(self.rows) else None)


class Lumps:
    """A list whose pages have sizes of their own, some of them none, and cursors without order."""

    def __init__(self, sizes):
        self.pages, self.rows, empty = [], [], 0
        for size in sizes:
            empty = 0 if size else empty + 1
            if empty < MAX_EMPTY_PAGES:
                self.pages.append([len(self.rows) + n for n in range(size)])
                self.rows += self.pages[-1]

    async def __call__(self, size, cursor):
        assert 1 <= size <= MAX_PAGE
        number = 0 if cursor is None else int(cursor[::-1][1:])
        following = f"1{number + 1}"[::-1] if number + 1 < len(self.pages) else None
        return Page(rows=self.pages[number], next=following)


async def walked(pages, steps, *, cap=1000):
    """All rows met on a walk of these steps, the last one repeated until the end."""
    rows, after, turn = [], None, 0
    while True:
        first = steps[min(turn, len(steps) - 1)]
        found = await collect(pages, first=first, after=after, cap=cap)
        assert len(found.rows) == len(found.positions) <= min(first, cap)
        assert found.has_previous is (turn > 0)
        rows += found.rows
        assert len(rows) <= len(pages.rows)
        if not found.has_next:
            return rows
        assert found.rows
        after, turn = found.positions[-1], turn + 1


@given(total=st.integers(0, 700), steps=STEPS)
async def test_walks_over_offsets(total, steps):
    """Any sequence of steps over pages of the asked size meets every row once, in order."""
    pages = Offsets(total)

    assert await walked(pages, steps) == pages.rows


@given(sizes=st.lists(st.integers(0, 40), min_size=1, max_size=40), steps=STEPS, cap=st.integers(1, 60))
async def test_walks_over_lumps(sizes, steps, cap):
    """Any sequence of steps over pages of any sizes, under any cap, meets every row once, in order."""
    pages = Lumps(sizes)

    assert await walked(pages, steps, cap=cap) == pages.rows


@given(sizes=st.lists(st.integers(0, 40), min_size=1, max_size=20), first=st.integers(1, 300), data=st.data())
async def test_every_position_resumes(sizes, first, data):
    """After any row, not only after the last one, the walk goes on with the row that follows it."""
    pages = Lumps(sizes)
    found = await collect(pages, first=first, after=None)
    if not found.rows:
        return
    index = data.draw(st.integers(0, len(found.rows) - 1))

    rest = await collect(pages, first=len(pages.rows), after=found.positions[index])

    assert rest.rows == pages.rows[index + 1 :]
