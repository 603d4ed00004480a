"""Generated users, teams and memberships."""

from datetime import datetime, timedelta
from random import Random

from dexter_graphql.sandbox.world.model import Member, Team, User

_FIRST = (
    "Ada", "Bela", "Chidi", "Dana", "Emre", "Freya", "Goran", "Hana", "Ines", "Jonas", "Kofi", "Lena", "Mika",
    "Noor", "Olga", "Pavel", "Quinn", "Rosa", "Sven", "Tara", "Uma", "Viktor", "Wren", "Ximena", "Yusuf", "Zoe",
)  # fmt: skip
_LAST = (
    "Adler", "Brandt", "Castro", "Duarte", "Ekwall", "Fujita", "Gupta", "Haddad", "Ivanov", "Jensen", "Kaya",
    "Lindt", "Moreau", "Nowak", "Okafor", "Petrov", "Rossi", "Sato", "Tanaka", "Vidal", "Weber", "Yilmaz",
)  # fmt: skip
_ROLES = ("owner", "manager", "admin", "member", "member", "member", "member", "billing")


def make_users(rng: Random, count: int, now: datetime) -> list[User]:
    """`count` users with different names and emails; the first one owns the admin token."""
    names = rng.sample([(first, last) for first in _FIRST for last in _LAST], count)
    return [_user(rng, number, first, last, now) for number, (first, last) in enumerate(names, 1)]


def _user(rng: Random, number: int, first: str, last: str, now: datetime) -> User:
    email = f"{first.lower()}.{last.lower()}@example.com"
    joined = now - timedelta(days=rng.randint(200, 1500), seconds=rng.randint(0, 86_000))
    active = now - timedelta(minutes=rng.randint(1, 20_000))
    return User(str(1000 + number), f"{first} {last}", email, email, joined, active, has_2fa=number % 3 == 0)


def make_teams(slugs: tuple[str, ...], first_id: int, now: datetime) -> list[Team]:
    """One team per slug."""
    return [
        Team(str(first_id + number), slug, slug.replace("-", " ").title(), now - timedelta(days=700 - number))
        for number, slug in enumerate(slugs)
    ]


def make_members(rng: Random, users: list[User], teams: list[Team], first_id: int, now: datetime) -> list[Member]:
    """A membership per user and two pending invitations; the first member is an owner in every team."""
    members = [
        _member(rng, number, user, teams, first_id, now - timedelta(days=600 - number))
        for number, user in enumerate(users)
    ]
    members += [
        Member(
            str(first_id + len(users) + number),
            f"invited-{number}@example.com",
            f"invited-{number}@example.com",
            None,
            "member",
            now - timedelta(days=2 + number),
            inviter_name=users[0].name,
        )
        for number in range(2)
    ]
    return members


def _member(  # noqa: PLR0917 - the parts of a record
    rng: Random, number: int, user: User, teams: list[Team], first_id: int, joined: datetime
) -> Member:
    member_teams = teams if number == 0 else sorted(rng.sample(teams, rng.randint(1, 3)), key=lambda team: team.id)
    role = _ROLES[number % len(_ROLES)]
    team_roles = {team.slug: "admin" for team in member_teams if number % 5 == 0}
    return Member(str(first_id + number), user.email, user.name, user, role, joined, list(member_teams), team_roles)
