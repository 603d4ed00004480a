"""What replicas share through Redis: cached responses, invalidations and rate limits."""
