"""Shared streams under any schedule of changes and subscribers."""

import asyncio
from functools import partial

from hypothesis import given
from hypothesis import strategies as st

from dexter_graphql.clock import Clock
from dexter_graphql.server.live import pump
from dexter_graphql.server.live.answers import MAX_BYTES, AnswerLog
from dexter_graphql.server.live.fan_out import FanOut
from support.streams import Feed, Source, settle

SMALL = st.integers(0, 6)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("publish"), st.integers(1, 6)),
        st.tuples(st.just("join")),
        st.tuples(st.just("resume"), SMALL),
        st.tuples(st.just("take"), SMALL, SMALL),
        st.tuples(st.just("close"), SMALL),
        st.tuples(st.just("settle")),
    ),
    max_size=40,
)


class Schedule:
    """Subscribers of one feed, and what each has received."""

    def __init__(self):
        self.feed, self.fan_out = Feed(), FanOut(Clock())
        self.subscriptions, self.received, self.closed = [], [], set()

    async def run(self, steps):
        """Take the steps, then everything that is left."""
        for name, *arguments in steps:
            await getattr(self, name)(*arguments)
        for number, subscription in enumerate(self.subscriptions):
            if number not in self.closed:
                subscription.attach(partial(self.take_all, number))
        for _ in range(5):
            await settle()
        await self.fan_out.close()

    async def publish(self, count):
        await self.feed.publish(count)

    async def settle(self):
        await settle()

    async def join(self):
        self.subscriptions.append(self.fan_out.join(Source(self.feed)))
        self.received.append([])
        await settle()

    async def resume(self, back):
        start = max(0, self.feed.newest - back)
        self.subscriptions.append(self.fan_out.join(Source(self.feed), str(start)))
        self.received.append([start])

    async def take(self, number, count):
        if number < len(self.subscriptions):
            for _ in range(count):
                self.take_one(number)

    async def close(self, number):
        if number < len(self.subscriptions):
            self.subscriptions[number].close()
            self.closed.add(number)

    def take_all(self, number):
        while self.take_one(number):
            pass

    def take_one(self, number):
        streamed = self.subscriptions[number].take()
        if streamed is not None:
            self.received[number].append(int(streamed.answer.body))
        return streamed is not None


@given(STEPS)
def test_every_subscriber_gets_each_answer_once(steps):
    """Subscribers join, resume, stall and leave: nothing is lost, repeated or out of order, and nothing is left."""
    schedule = Schedule()
    bounds, ahead = AnswerLog.__init__.__defaults__, pump.MAX_AHEAD
    AnswerLog.__init__.__defaults__, pump.MAX_AHEAD = (3, MAX_BYTES), 2
    try:
        asyncio.run(schedule.run(steps))
    finally:
        AnswerLog.__init__.__defaults__, pump.MAX_AHEAD = bounds, ahead

    for number, numbers in enumerate(schedule.received):
        assert numbers == list(range(numbers[0], numbers[-1] + 1)) if numbers else True
        if number not in schedule.closed and numbers:
            assert numbers[-1] == schedule.feed.newest
    assert schedule.feed.open == 0
