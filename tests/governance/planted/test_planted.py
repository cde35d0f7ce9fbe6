"""Every fault is found by the check that is for it, and clean twins raise few alarms.

`python benchmarks/planted.py` prints what is asked here as a table.
"""

from __future__ import annotations

import pytest
from tests.governance.planted.suite import suite
from tests.governance.planted.trial import Tally, tally

from notewright.governance.checks.registry import own_checks

#: False alarms on clean data, at most.
_ALARMS = 0.05


def test_every_check_that_there_is_has_faults_and_clean_data():
    assert set(suite()) == set(own_checks())
    for check, trials in suite().items():
        assert [trial for trial in trials if trial.fault], check
        assert len({trial.data for trial in trials if not trial.fault}) >= 20, check


def test_at_least_two_hundred_faults_are_planted():
    assert sum(bool(trial.fault) for trials in suite().values() for trial in trials) >= 200


@pytest.mark.parametrize("check", sorted(own_checks()))
def test_the_check_finds_each_fault_and_leaves_clean_data_alone(check):
    quick = [trial for trial in suite()[check] if not trial.slow]
    # On every other data set: `make test-all` asks about the rest.
    chosen = list(dict.fromkeys(trial.data for trial in quick))[::2]
    quick = [trial for trial in quick if trial.data in chosen]
    if not quick:
        pytest.skip("all its trials take long: `make test-all` asks them")
    judge(tally(check, quick), of=20)


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("check", sorted(own_checks()))
def test_so_it_does_in_the_trials_that_take_longer(check):
    judge(tally(check, suite()[check]), of=0)


def judge(count: Tally, of: int) -> None:
    """Ask for all faults, and few alarms.

    A sample of less than `of` data sets shows no share of a twentieth: one alarm is let pass.
    """
    assert count.found == count.faults, count.wrong
    allowed = 1 if 0 < count.clean < of else _ALARMS * count.clean
    assert count.alarms <= allowed, count.wrong
