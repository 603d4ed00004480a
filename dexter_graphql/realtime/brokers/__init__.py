"""Keep changes in order, so that whoever was away can read on where they stopped."""
