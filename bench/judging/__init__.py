"""Parts of the benchmark of credentials, `python -m bench.credentials`: least work of a judgement, damaged codes."""
