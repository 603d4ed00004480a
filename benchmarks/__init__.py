"""CPU time of a request, compared with other servers in the same run. See docs/benchmarks.md."""
