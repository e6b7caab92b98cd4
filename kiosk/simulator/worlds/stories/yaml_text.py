"""The YAML of a story: its values, with the lines of the file on which they stand.

Rule 1: keys are text, so that `yes:` and `no:` name the inputs and are no truth values, as PyYAML would make of them.
Rule 2: a key that stands twice in a mapping is a mistake, because one of the two values would be lost.
Rule 3: an alias (`*name`) is a mistake. A file of some lines with aliases can hold a million values.
"""

from typing import Any

import yaml

from kiosk.errors import KioskError
from kiosk.settings.yaml.mistakes import quoted
from kiosk.settings.yaml.yaml_errors import NOT_YAML, syntax_mistake

COMPARE = "compare with an example in docs/worlds.md"


class StoryMapping(dict[str, Any]):
    """A mapping of the file. line: the line on which it begins; the first one is 1."""

    line = 0


class _Refused(Exception):  # noqa: N818 - never leaves this file
    """A text that is YAML, and that a story may not have."""

    def __init__(self, problem: str, at: yaml.Mark) -> None:
        super().__init__(f"{at.line + 1}:{at.column + 1}: {problem}")


class _Loader(yaml.SafeLoader):
    """Builds plain values, with `StoryMapping` for mappings."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """Compose the next node; raises `_Refused` for an alias."""
        if self.check_event(yaml.AliasEvent):
            alias = self.peek_event()  # type: ignore[no-untyped-call]
            raise _Refused("an alias (*name) is not allowed; write the value itself", alias.start_mark)
        return super().compose_node(parent, index)

    def section(self, node: yaml.MappingNode) -> StoryMapping:
        """Return the mapping of `node`; raises `_Refused` for a key that is no text or stands there twice."""
        section = StoryMapping()
        section.line = node.start_mark.line + 1
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise _Refused("a name must be a word", key.start_mark)
            if key.value in section:
                raise _Refused(f"{quoted(key.value)} stands here a second time; write it once", key.start_mark)
            section[key.value] = self.construct_object(value, deep=True)
        return section


_Loader.add_constructor("tag:yaml.org,2002:map", _Loader.section)


def read_yaml(data: bytes, file: str) -> object:
    """Return what the YAML text holds. Raises `KioskError` with the file, the place, and what to do."""
    try:
        text = data.decode("utf-8")
        return yaml.load(text, _Loader)  # noqa: S506 - a safe loader
    except UnicodeDecodeError as error:
        said = f"byte {error.start} is not UTF-8 text; save the file with the encoding UTF-8"
        raise KioskError(f"{file}: {said}") from None
    except _Refused as error:
        raise KioskError(f"{file}:{error}") from None
    except yaml.reader.ReaderError as error:
        raise KioskError(f"{file}: character U+{error.character:04X} is not allowed; delete it") from None
    except yaml.YAMLError as error:
        mistake = syntax_mistake(error, text)
        said = "this is not YAML" if mistake.text == NOT_YAML else mistake.text
        raise KioskError(f"{file}:{mistake.line}:{mistake.column}: {said}; {COMPARE}") from None
    except (RecursionError, ValueError):
        raise KioskError(f"{file}: is not a story; {COMPARE}") from None
