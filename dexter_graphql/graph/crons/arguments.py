"""Arguments of fields with cron monitors."""

from typing import Annotated

import strawberry

CronSlug = Annotated[str, strawberry.argument(description="Slug that the job uses for its check-ins.")]
