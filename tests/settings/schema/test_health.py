from datetime import date

from kiosk.settings.schema.health import HealthRule


def test_the_day_from_which_a_rule_holds_is_a_date() -> None:
    assert HealthRule(holds_from="2022-07-17").first_day == date(2022, 7, 17)
