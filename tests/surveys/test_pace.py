"""How fast, how many at once, and when not at all."""

from __future__ import annotations

from surveys.carriers.pace import Pace


class Seconds:
    """A clock that a test moves."""

    at = 0.0

    def __call__(self) -> float:
        return self.at


def test_the_pace_is_kept_and_the_carriers_wish_for_a_pause() -> None:
    clock = Seconds()
    pace = Pace(20.0, clock)
    assert pace.room() == 2
    pace.take(2)
    assert pace.room() == 0
    clock.at = 0.05
    assert pace.room() == 1
    clock.at = 10
    assert pace.room() == 2, "what was not used is not saved up"
    pace.pause(7.0)
    clock.at = 16.99
    assert pace.room() == 0
    clock.at = 17.0
    assert pace.room() == 2


def test_an_open_circuit_lets_one_message_through_a_minute_until_one_is_taken() -> None:
    clock = Seconds()
    pace = Pace(1_000.0, clock)
    pace.trip()
    clock.at = 59.9
    assert pace.room() == 0
    clock.at = 60.0
    assert pace.room() == 1
    pace.take(1)
    assert pace.room() == 0
    pace.went_well()
    assert pace.room() > 1


def test_several_senders_share_the_pace() -> None:
    clock = Seconds()
    pace = Pace(100.0, clock)
    assert pace.room() == 10
    pace.rate(25.0)
    clock.at = 10
    assert pace.room() == 2
