"""Changes at Sentry as they happen: webhooks in, a feed with signed positions out."""
