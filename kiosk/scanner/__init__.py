"""From a frame to a code: decoding, deduplication and the process that does it."""
