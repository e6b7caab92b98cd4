"""The rules for health credentials in the schema."""

from datetime import date

from kiosk.settings.schema.health import HealthRule


def test_the_first_day_of_a_rule_is_a_date() -> None:
    assert HealthRule(holds_from="2022-07-17").first_day == date(2022, 7, 17)


def test_a_rule_is_for_the_ages_between_its_limits() -> None:
    assert not HealthRule().has_ages
    assert HealthRule().is_for(3)
    rule = HealthRule(from_age=6, until_age=17)
    assert rule.has_ages
    assert [age for age in range(20) if rule.is_for(age)] == list(range(6, 18))
