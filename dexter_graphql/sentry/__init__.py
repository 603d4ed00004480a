"""A REST client for Sentry that knows endpoints, pages, records and failures, and never says GraphQL."""
