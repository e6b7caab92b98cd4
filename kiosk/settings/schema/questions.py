"""Settings of the step `questions`: what visitors are asked, and which answers refer them."""

from typing import Annotated

from pydantic import Field

from kiosk.model import HealthQuestion
from kiosk.settings.schema.wiring import Section

ALL = tuple(HealthQuestion)


class QuestionsSettings(Section):
    """The questions of the step `questions`, answered with the inputs `yes` and `no`. No answer is stored."""

    ask: Annotated[tuple[HealthQuestion, ...], Field(min_length=1, max_length=len(ALL))] = Field(
        default=ALL, description="questions in order: fever or chills, a new cough, contact with a sick person"
    )
    refer: tuple[HealthQuestion, ...] = Field(
        default=ALL, max_length=len(ALL), description="questions whose answer 'yes' refers the visitor"
    )
    answer_s: float = Field(
        default=20.0, ge=5.0, le=120.0, description="time for each answer; then the visitor is referred"
    )
