"""What several replicas share through Redis: answers, and the news that some of them no longer hold."""
