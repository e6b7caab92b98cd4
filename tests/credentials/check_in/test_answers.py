import pytest

from kiosk.credentials.check_in import duty, messages

from .answers import run

SAMPLE = 1500
"""`script/check-in-answers` runs 100 000."""


def test_no_generated_answer_admits_anybody() -> None:
    kinds = run(SAMPLE, seed=1).attacker.kinds
    assert min(kinds.values()) > SAMPLE // 50
    assert set(kinds) == {"repeated", "mixed", "damaged", "reshaped", "cut", "other_word", "late"}


@pytest.mark.parametrize("forgotten", ["kiosk", "visit", "nonce"])
def test_a_kiosk_that_forgets_to_compare_a_member_is_found(forgotten: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def without(binding: messages.Binding) -> dict[str, str]:
        members = {"kiosk": binding.kiosk, "visit": binding.visit, "nonce": binding.nonce}
        return {name: value for name, value in members.items() if name != forgotten}

    def read(body: bytes, binding: messages.Binding, code_id: str) -> str | None:
        with monkeypatch.context() as patch:
            patch.setattr(messages.Binding, "members", property(without))
            return messages.read_result(body, binding, code_id)

    monkeypatch.setattr(duty, "read_result", read)
    with pytest.raises(AssertionError, match="opened the door"):
        run(SAMPLE, seed=1)


def test_a_kiosk_that_keeps_a_code_after_its_end_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(duty.CheckInDuty, "_drop_ended_code", lambda *_: None)
    with pytest.raises(AssertionError, match="opened the door"):
        run(SAMPLE, seed=1)
