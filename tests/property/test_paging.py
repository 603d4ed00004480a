"""Walking through lists: whatever the steps and whatever the pages, every row comes once and in order."""

from dataclasses import astuple

from hypothesis import given
from hypothesis import strategies as st

from dexter_graphql.sentry.pagination import MAX_EMPTY_PAGES, MAX_PAGE, Before, Page, collect

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
        previous = f"1{number - 1}"[::-1] if number else None
        return Page(rows=self.pages[number], next=following, previous=previous)


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


class Ends:
    """A list whose cursors lead both ways: the page before a place is filled up at the start, or short."""

    def __init__(self, total, *, is_filled):
        self.rows, self.is_filled = list(range(total)), is_filled

    async def __call__(self, size, cursor):
        assert 1 <= size <= MAX_PAGE
        place, _, is_previous = cursor.partition(":") if cursor else ("0", "", "")
        start, end = int(place), int(place) + size
        if is_previous == "1":
            start, end = max(0, start - size), start
            end = start + size if self.is_filled else end
        end = min(end, len(self.rows))
        return Page(
            rows=self.rows[start:end],
            next=f"{end}:0" if end < len(self.rows) else None,
            previous=f"{start}:1" if start else None,
        )


async def walked_back(pages, before, steps, *, cap=1000):
    """All rows before a place, met on a walk of these steps, the last one repeated until the start."""
    rows, turn = [], 0
    while True:
        last = steps[min(turn, len(steps) - 1)]
        found = await collect(pages, first=last, after=before, cap=cap)
        assert len(found.rows) == len(found.positions) <= min(last, cap)
        assert found.has_next
        rows = found.rows + rows
        assert found.has_previous is (bool(rows) and rows[0] > 0)
        if not found.has_previous:
            return rows
        before, turn = Before(*astuple(found.positions[0])), turn + 1


@given(
    total=st.integers(1, 400),
    is_filled=st.booleans(),
    steps=STEPS,
    cap=st.integers(1, 150),
    data=st.data(),
)
async def test_walks_back(total, is_filled, steps, cap, data):
    """From any row, wherever its page begins, any sequence of steps back meets every earlier row once, in order."""
    pages = Ends(total, is_filled=is_filled)
    size, row = data.draw(st.tuples(st.integers(1, MAX_PAGE), st.integers(0, total - 1)))
    index = data.draw(st.integers(0, min(size, row + 1)))
    start = row + 1 - index
    cursor = f"{start}:0" if start or data.draw(st.booleans()) else None

    assert await walked_back(pages, Before(cursor, index, size), steps, cap=cap) == pages.rows[:row]


@given(
    total=st.integers(1, 400), is_filled=st.booleans(), steps=STEPS, first=st.integers(1, 350), last=st.integers(1, 350)
)
async def test_forward_and_back(total, is_filled, steps, first, last):
    """What lies before the first row of a page is what was met on the way to it."""
    pages, rows, after = Ends(total, is_filled=is_filled), [], None
    for step in steps:
        found = await collect(pages, first=step, after=after)
        if not found.has_next:
            break
        rows, after = rows + found.rows, found.positions[-1]
    page = await collect(pages, first=first, after=after)

    back = await collect(pages, first=last, after=Before(*astuple(page.positions[0])))
    again = await collect(pages, first=first, after=back.positions[-1] if back.rows else None)

    assert back.rows == rows[-last:]
    assert again.rows == page.rows


@given(total=st.integers(1, 700), is_filled=st.booleans(), first=st.integers(1, 350), last=st.integers(1, 350))
async def test_every_position_of_a_way_back_resumes(total, is_filled, first, last):
    """After any row that was met on the way back, the walk goes on with the row that follows it."""
    pages = Ends(total, is_filled=is_filled)
    page = await collect(pages, first=first, after=None)
    back = await collect(pages, first=last, after=Before(*astuple(page.positions[-1])))

    for row, position in zip(back.rows, back.positions, strict=True):
        rest = await collect(pages, first=2, after=position)
        assert rest.rows == pages.rows[row + 1 : row + 3]


@given(sizes=st.lists(st.integers(0, 40), min_size=1, max_size=20), first=st.integers(1, 300), data=st.data())
async def test_walks_back_over_lumps(sizes, first, data):
    """Before any row lie all rows before it, over pages of any sizes, some of them none."""
    pages = Lumps(sizes)
    found = await collect(pages, first=first, after=None)
    if not found.rows:
        return
    index = data.draw(st.integers(0, len(found.rows) - 1))

    back = await collect(pages, first=len(pages.rows), after=Before(*astuple(found.positions[index])))

    assert back.rows == pages.rows[:index]
