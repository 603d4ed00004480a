"""What happens at Sentry, as it happens: webhooks in, positions and items out."""
