"""What all subscriptions share: envelope, arguments, visibility and the stream of changes."""
