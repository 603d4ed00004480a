"""What Dexter costs per request, in processor time, beside other servers in the same run. See docs/benchmarks.md."""
