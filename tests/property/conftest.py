"""What belongs to `make test-long` alone: comparisons of the engines by random documents take what time they get."""

import os

collect_ignore = [] if os.environ.get("HYPOTHESIS_PROFILE") == "long" else ["test_engines.py"]
