"""Jobs of cron monitors: schedules, environments, check-ins."""
