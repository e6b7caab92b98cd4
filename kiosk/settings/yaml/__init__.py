"""From the text of a settings file to settings whose line and column numbers are known.

The steps, each with its module:

1. text → tree (`source`, `tree`). PyYAML's parser yields events with a position. `tree` builds nodes from them: a
   scalar keeps its text as it was written, and no YAML type is applied.
2. tree → values (`reading`, `scalars`). `reading` walks the tree and the schema (`shapes`) together, converts each
   scalar to the type that the schema demands, and records the position of each setting in `locations` under its `loc`.
3. values → settings (`finishing`, `limits`). pydantic checks every limit. Its errors name a setting by its `loc`: the
   keys and list indexes that lead to it, for example `("display", "languages", 1)`. The positions were recorded under
   the same tuples, so `limits` finds the line and column of each of pydantic's errors.

A value that cannot be used becomes a mistake, and the next value is read: one run reports all mistakes. `finishing`
removes the unusable values, so that the cross-checks can still check the rest.
"""
