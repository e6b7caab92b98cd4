"""The venue's one-time code beside the camera."""

from dataclasses import replace

import pytest

from kiosk.flow import commands as c
from kiosk.flow import events as e
from kiosk.flow.state import Outcome, Situation
from kiosk.model import Door, Mark, Pass, Payload, Phase, Reason, Refer, Step
from tests.flow.entrance import RULES, Entrance, ready

SITE = replace(RULES, sequence=(Step.CREDENTIAL,), offers_check_in=True, agree_s=60.0)
NOT_A_CREDENTIAL = Refer(Reason.NOT_A_CREDENTIAL, "declined")


def scanning() -> Entrance:
    """A visitor stands before the camera since 10 s; a code of the venue was asked for."""
    entrance = ready(SITE).feed(e.PresenceSeen(10.0))
    assert c.OfferCheckIn(1, 1) in entrance.commands
    return entrance


def shown() -> Entrance:
    return scanning().feed(e.CheckInShown(11.0, 1, 1, "https://venue/1"))


def test_a_site_without_a_server_asks_for_no_code() -> None:
    entrance = ready(replace(SITE, offers_check_in=False)).feed(e.PresenceSeen(10.0))
    assert entrance.situation is Situation.SCANNING
    assert not any(isinstance(command, c.OfferCheckIn) for command in entrance.commands)


def test_a_pass_of_the_venue_admits_and_ends_the_request() -> None:
    entrance = shown().feed(e.CheckInAnswered(20.0, 1, 1, Pass("green")))
    assert entrance.phase is Phase.ADMITTING
    assert c.UnlockDoor(SITE.hold_s) in entrance.commands
    assert (entrance.visit.verdict, entrance.visit.scheme) == (Pass("green"), "check_in")
    assert not entrance.state.check_in.open


def test_without_an_answer_of_the_server_the_camera_serves_as_ever() -> None:
    entrance = scanning().feed(e.CodeSeen(12.0, Payload(b"pass"), 1)).judged(Pass(), 13.0)
    assert entrance.phase is Phase.ADMITTING
    assert c.StopCheckIn() in entrance.commands


def test_a_code_for_the_camera_hides_the_venues_code_and_withdraws_it_when_it_is_good() -> None:
    entrance = shown().feed(e.CodeSeen(12.0, Payload(b"pass"), 1))
    assert entrance.situation is Situation.CHECKING
    assert entrance.state.check_in.open
    assert c.StopCheckIn() in entrance.judged(Pass(), 13.0).commands


@pytest.mark.parametrize(
    ("verdict", "phase"), [(Pass("ok"), Phase.ADMITTING), (NOT_A_CREDENTIAL, Phase.CHECKING)], ids=["pass", "refusal"]
)
def test_while_a_code_is_checked_only_a_pass_of_the_venue_counts(verdict: Pass | Refer, phase: Phase) -> None:
    entrance = shown().feed(e.CodeSeen(12.0, Payload(b"pass"), 1), e.CheckInAnswered(12.5, 1, 1, verdict))
    assert entrance.phase is phase
    assert not entrance.state.check_in.open


def test_a_visitor_who_may_try_again_gets_a_new_code() -> None:
    entrance = shown().feed(e.CheckInAnswered(20.0, 1, 1, NOT_A_CREDENTIAL))
    assert entrance.situation is Situation.SCANNING
    assert c.OfferCheckIn(1, 2) in entrance.commands
    assert c.StopCheckIn() not in entrance.commands
    assert entrance.state.check_in.code == ""
    assert entrance.visit.wrong_codes == 1


def test_a_visitor_whom_the_venue_refuses_is_referred() -> None:
    entrance = shown().feed(e.CheckInAnswered(20.0, 1, 1, Refer(Reason.STATUS_DENIED, "black")))
    assert entrance.phase is Phase.REFERRING
    assert entrance.visit.outcome is Outcome.REFERRED


@pytest.mark.parametrize(("visit", "request_"), [(1, 2), (1, 0), (2, 1), (0, 1)])
def test_an_answer_of_another_request_or_visit_changes_nothing(visit: int, request_: int) -> None:
    entrance = shown()
    before = entrance.state
    for event in (
        e.CheckInShown(12.0, visit, request_, "other"),
        e.CheckInScanned(12.0, visit, request_),
        e.CheckInAnswered(12.0, visit, request_, Pass()),
    ):
        assert entrance.feed(event).state == before
        assert entrance.commands == ()


def test_an_answer_that_comes_again_for_the_next_visitor_admits_nobody() -> None:
    entrance = shown().feed(e.CheckInAnswered(20.0, 1, 1, Pass()), e.PassageSeen(22.0), e.PresenceLost(23.0))
    entrance.feed(e.PresenceSeen(30.0))
    assert c.OfferCheckIn(2, 2) in entrance.commands
    assert entrance.feed(e.CheckInAnswered(31.0, 1, 1, Pass())).phase is Phase.SCANNING


@pytest.mark.parametrize(
    "event",
    [
        e.PresenceLost(20.0),
        e.DoorOpened(20.0, Door.STREET),
        e.StopPressed(20.0),
        e.EmergencyRaised(20.0),
        e.DeviceFailed(20.0, "camera", "camera_silent"),
        e.OfficerPressed(20.0),
        e.ServiceKeyTurned(20.0, on=True),
    ],
    ids=lambda event: type(event).__name__,
)
def test_the_end_of_a_visit_withdraws_the_code(event: e.Event) -> None:
    entrance = shown().feed(event)
    assert c.StopCheckIn() in entrance.commands
    assert entrance.state.check_in.code == ""
    late = entrance.feed(e.CheckInAnswered(56.0, 1, 1, Pass()))
    assert c.UnlockDoor(SITE.hold_s) not in late.commands


def test_a_newer_code_replaces_the_shown_one_and_no_code_hides_it() -> None:
    entrance = shown().feed(e.CheckInShown(40.0, 1, 1, "https://venue/2"))
    assert entrance.state.check_in.code == "https://venue/2"
    assert entrance.feed(e.CheckInShown(41.0, 1, 1, "")).state.check_in.code == ""


def test_a_code_that_a_phone_opened_is_hidden_and_gives_more_time_once() -> None:
    entrance = shown().feed(e.CheckInScanned(40.0, 1, 1))
    assert entrance.state.check_in.code == ""
    assert entrance.visit.notice == "continue_on_phone"
    assert entrance.state.deadline_s == 100.0
    assert entrance.feed(e.CheckInScanned(41.0, 1, 1)).state.deadline_s == 100.0
    entrance.feed(e.CheckInShown(90.0, 1, 1, "https://venue/2"))
    assert entrance.visit.notice == ""
    assert entrance.feed(e.CheckInScanned(95.0, 1, 1)).state.deadline_s == 100.0
    assert entrance.visit.notice == "continue_on_phone"
    assert entrance.time_is_up().phase is Phase.REFERRING


def test_a_phone_that_opens_the_code_late_does_not_shorten_the_time() -> None:
    entrance = ready(replace(SITE, agree_s=5.0)).feed(e.PresenceSeen(10.0), e.CheckInShown(11.0, 1, 1, "https://v/1"))
    entrance.feed(e.CheckInScanned(20.0, 1, 1))
    assert entrance.state.deadline_s == 55.0


def test_a_code_that_is_opened_while_another_one_is_checked_gives_more_time_after_the_check() -> None:
    entrance = shown().feed(e.CodeSeen(50.0, Payload(b"wifi"), 1), e.CheckInScanned(51.0, 1, 1))
    assert entrance.state.deadline_s == 56.0
    entrance.judged(Refer(Reason.NOT_A_CREDENTIAL), 52.0)
    assert entrance.situation is Situation.SCANNING
    assert entrance.state.deadline_s == 111.0


def test_another_notice_stays_when_a_newer_code_is_shown() -> None:
    entrance = shown().feed(e.CodeHinted(15.0, "too_small", 1), e.CheckInShown(20.0, 1, 1, "https://venue/2"))
    assert entrance.visit.notice == "too_small"


def test_the_code_stands_in_no_repr() -> None:
    assert "venue/1" not in repr(shown().state)
    assert "venue/1" not in repr(e.CheckInShown(1.0, 1, 1, "https://venue/1"))


# ahead of its step


SPRAYED = replace(SITE, sequence=(Step.DISINFECT, Step.CREDENTIAL))


def warned() -> Entrance:
    """A visitor who is warned of the spray since 10 s."""
    entrance = ready(SPRAYED).feed(e.PresenceSeen(10.0))
    assert entrance.situation is Situation.WARNED
    return entrance


def test_the_code_is_asked_for_when_the_visit_begins_and_is_there_when_its_step_comes() -> None:
    entrance = warned()
    assert c.OfferCheckIn(1, 1) in entrance.commands
    entrance.feed(e.CheckInShown(10.5, 1, 1, "https://venue/1"))
    for at_s in (13.0, 18.0):
        entrance.feed(e.DeadlinePassed(at_s))
        assert not {c.OfferCheckIn, c.StopCheckIn} & {type(command) for command in entrance.commands}
    assert entrance.situation is Situation.SCANNING
    assert entrance.state.check_in.code == "https://venue/1"
    assert entrance.feed(e.CheckInAnswered(20.0, 1, 1, Pass())).phase is Phase.ADMITTING


def test_nobody_can_have_scanned_a_code_that_was_not_shown() -> None:
    entrance = warned().feed(e.CheckInShown(10.5, 1, 1, "https://venue/1"), e.CheckInScanned(11.0, 1, 1))
    assert c.StopCheckIn() in entrance.commands, "a used code is of no use to the visitor"
    assert not entrance.state.check_in.open
    entrance.feed(e.CheckInAnswered(11.5, 1, 1, Pass()))
    assert (entrance.situation, entrance.visit.done) == (Situation.WARNED, ())
    assert entrance.commands == (), "a server that answers at once is not asked again at once"
    entrance.sprayer_answers = False
    entrance.feed(e.DeadlinePassed(13.0))
    assert c.OfferCheckIn(1, 2) in entrance.commands
    entrance.feed(e.SprayStarted(13.1), e.CheckInAnswered(15.0, 1, 2, Pass()))
    assert entrance.situation is Situation.SPRAYING


def test_a_result_before_the_code_was_shown_does_not_count() -> None:
    entrance = warned().feed(e.CheckInShown(10.5, 1, 1, "https://venue/1"), e.CheckInAnswered(11.5, 1, 1, Pass()))
    assert (entrance.situation, entrance.visit.done) == (Situation.WARNED, ())
    assert entrance.commands == (), "a server that answers at once is not asked again at once"


@pytest.mark.parametrize(
    "leaked",
    [
        e.CheckInScanned(18.2, 1, 1),
        e.CheckInAnswered(18.2, 1, 1, Pass()),
        e.CheckInAnswered(18.2, 1, 1, NOT_A_CREDENTIAL),
    ],
    ids=["scanned", "pass", "refusal"],
)
def test_a_code_that_leaked_before_it_was_shown_neither_counts_nor_delays_while_a_code_is_checked(
    leaked: e.Event,
) -> None:
    entrance = warned().feed(e.CheckInShown(10.5, 1, 1, "https://venue/1"), e.DeadlinePassed(13.0))
    entrance.feed(e.CodeSeen(17.5, Payload(b"wifi"), 1), e.DeadlinePassed(18.0))
    assert entrance.situation is Situation.CHECKING
    entrance.feed(leaked)
    assert (entrance.situation, entrance.visit.done) == (Situation.CHECKING, (Step.DISINFECT,))
    assert not entrance.state.check_in.open
    entrance.judged(Refer(Reason.NOT_A_CREDENTIAL), 19.0)
    assert (entrance.situation, entrance.visit.wrong_codes) == (Situation.SCANNING, 1)
    assert c.OfferCheckIn(1, 2) in entrance.commands, "the visitor gets a code that nobody has used"
    entrance.feed(e.CheckInShown(20.0, 1, 2, "https://venue/2"), e.CheckInScanned(25.0, 1, 2))
    assert (entrance.visit.notice, entrance.state.deadline_s) == ("continue_on_phone", 85.0)


def test_a_code_of_the_visitor_that_passes_early_withdraws_the_venues_code() -> None:
    entrance = warned().feed(e.CodeSeen(11.0, Payload(b"pass"), 1))
    assert entrance.state.check_in.open
    assert c.StopCheckIn() in entrance.judged(Pass(), 12.0).commands
    assert not entrance.state.check_in.open


def test_a_credential_that_is_done_needs_no_code_for_the_steps_after_it() -> None:
    entrance = ready(replace(SITE, sequence=(Step.CREDENTIAL, Step.TEMPERATURE))).feed(e.PresenceSeen(10.0))
    entrance.feed(e.CodeSeen(12.0, Payload(b"pass"), 1)).judged(Pass(), 13.0)
    assert entrance.situation is Situation.FIRST_READING
    assert c.StopCheckIn() in entrance.commands
    assert not entrance.state.check_in.open


# a second try


def referred() -> Entrance:
    """A visitor who showed no credential in time, and stands before the referral since 55 s."""
    entrance = shown().feed(e.DeadlinePassed(55.0))
    assert entrance.situation is Situation.SECOND_TRY
    return entrance


def test_the_code_stays_during_a_referral_that_it_cures() -> None:
    entrance = referred()
    assert entrance.state.check_in.code == "https://venue/1"
    entrance.feed(e.CheckInAnswered(60.0, 1, 1, Pass("green")))
    assert entrance.phase is Phase.ADMITTING
    assert (entrance.visit.verdict, entrance.visit.scheme) == (Pass("green"), "check_in")


def test_a_phone_that_opens_the_code_during_a_referral_gives_time_to_decide() -> None:
    entrance = referred()
    before_s = entrance.state.deadline_s
    assert before_s is not None
    entrance.feed(e.CheckInScanned(before_s - 1.0, 1, 1))
    assert entrance.state.deadline_s == before_s - 1.0 + SITE.agree_s
    assert entrance.visit.notice == "continue_on_phone"
    assert entrance.feed(e.CheckInAnswered(before_s + 5.0, 1, 1, Pass())).phase is Phase.ADMITTING


def test_a_visitor_who_declines_during_a_referral_gets_a_new_code_a_few_times() -> None:
    entrance, offered = referred(), 1
    while entrance.situation is Situation.SECOND_TRY:
        entrance.feed(e.CheckInShown(60.0, 1, offered, f"https://venue/{offered}"))
        entrance.feed(e.CheckInAnswered(60.0, 1, offered, NOT_A_CREDENTIAL))
        offered += c.OfferCheckIn(1, offered + 1) in entrance.commands
    assert entrance.situation is Situation.REFERRING
    assert not entrance.state.check_in.open
    assert offered == SITE.wrong_codes


def test_a_visitor_whom_the_venue_refuses_during_a_referral_reads_why() -> None:
    entrance = referred().feed(e.CheckInAnswered(60.0, 1, 1, Refer(Reason.STATUS_DENIED, "black")))
    assert entrance.situation is Situation.REFERRING
    assert entrance.visit.verdict == Refer(Reason.STATUS_DENIED, "black")


def test_a_refusal_of_the_venue_is_ignored_while_a_code_is_checked_during_a_referral() -> None:
    entrance = referred().feed(e.CodeSeen(60.0, Payload(b"pass"), 1), e.CheckInAnswered(60.5, 1, 1, NOT_A_CREDENTIAL))
    assert entrance.situation is Situation.SECOND_TRY
    assert entrance.judged(Pass(), 61.0).phase is Phase.ADMITTING


def test_a_pass_of_the_venue_admits_nobody_while_the_kiosk_is_stopped() -> None:
    entrance = referred().feed(e.StopPressed(60.0), e.CheckInAnswered(61.0, 1, 1, Pass()))
    assert entrance.phase is not Phase.ADMITTING


def test_the_result_of_the_venue_does_not_use_up_a_credential_that_was_shown_before() -> None:
    entrance = shown().feed(e.CodeSeen(12.0, Payload(b"pass"), 1))
    asked = entrance.visit.checking
    entrance.feed(e.CredentialChecked(13.0, 1, asked, Refer(Reason.EXPIRED), mark=Mark(b"old")))
    assert entrance.situation is Situation.SECOND_TRY
    assert entrance.feed(e.CheckInAnswered(20.0, 1, 1, Pass())).visit.mark is None
