"""Cross-check of the rules for health credentials: numbers of one rule that contradict each other."""

from collections.abc import Iterator

from kiosk.settings.checks.findings import CheckFinding, Sheet
from kiosk.settings.yaml.locations import Loc


def rules_that_nobody_meets(sheet: Sheet) -> Iterator[CheckFinding]:
    """Check that the least value of a rule is not above its greatest value."""
    for number, rule in enumerate(sheet.settings.credentials.rules):
        loc: Loc = ("credentials", "rules", number)
        if rule.from_age is not None and rule.until_age is not None and rule.from_age > rule.until_age:
            text = f"{rule.from_age} is above until_age {rule.until_age}; no visitor has this age"
            yield CheckFinding((*loc, "from_age"), text, ((*loc, "until_age"),))
        if rule.doses is None or rule.doses.most is None:
            continue
        most: Loc = (*loc, "doses", "most")
        if rule.doses.least > rule.doses.most:
            text = f"{rule.doses.most} is below least {rule.doses.least}; no visitor has such a number of doses"
            yield CheckFinding(most, text, ((*loc, "doses", "least"),))
        for at, own in enumerate(rule.doses.by_vaccine):
            if own.least is not None and own.least > rule.doses.most:
                least: Loc = (*loc, "doses", "by_vaccine", at, "least")
                text = f"{own.least} is above most {rule.doses.most}; no visitor has such a number of doses"
                yield CheckFinding(least, text, (most,))
