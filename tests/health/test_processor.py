"""The temperature of the processor."""

from pathlib import Path

from kiosk.health.processor import read_cpu_c


def test_the_temperature_is_in_degrees_and_none_where_no_file_tells_it(tmp_path: Path) -> None:
    (tmp_path / "temp").write_text("51540\n")
    assert read_cpu_c(tmp_path / "temp") == 51.54
    (tmp_path / "temp").write_text("hot\n")
    assert read_cpu_c(tmp_path / "temp") is None
    assert read_cpu_c(tmp_path / "none") is None
