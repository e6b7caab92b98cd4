"""The rules for health credentials in the schema."""

from datetime import date

from kiosk.settings.schema.health import HealthRule


def test_the_first_day_of_a_rule_is_a_date() -> None:
    assert HealthRule(holds_from="2022-07-17").first_day == date(2022, 7, 17)
