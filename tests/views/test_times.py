"""People read the time here, programs the time in UTC."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from notewright.governance.approval_record import Approval
from notewright.governance.audit.log import Entry
from notewright.serving.moments import moment
from notewright.serving.monitor import MonitorReport
from notewright.serving.records import Deployment
from notewright.views.base import View
from notewright.views.governance import approvals_view, entries_view
from notewright.views.serving import deployments_view, monitor_view
from notewright.words import utc

#: Late in the evening in UTC, and the next day where the tests let the machine stand.
EVENING = "2026-01-31T22:15:30.000000Z"
HERE = "2026-02-01 03:45"

pytestmark = pytest.mark.usefixtures("in_india")


def report() -> MonitorReport:
    return MonitorReport(
        *("credit_risk", "a" * 16, "credit_risk@1", EVENING, EVENING),
        *(0, 0, {}, None, None, (), {}, ()),
    )


def deployment() -> Deployment:
    return Deployment(
        *("credit_risk", "a" * 16, "d" * 64, "p" * 64, "credit_risk@1", "m" * 64, "v" * 16),
        *("e" * 64, "deploy", "olga", EVENING),
        status="live",
        live_from=EVENING,
    )


VIEWS = [
    lambda: monitor_view(report()),
    lambda: deployments_view([deployment()]),
    lambda: entries_view([Entry(0, EVENING, "note", "thing", "olga", "k" * 64, {}, "")]),
]


@pytest.mark.parametrize("make", VIEWS, ids=["monitor", "deployments", "audit"])
def test_text_and_html_give_the_time_here_and_json_the_stored_one(
    make: Callable[[], View],
) -> None:
    view = make()
    for words in (view.text(), view.html()):
        assert HERE in words
        assert "UTC" not in words
        assert "22:15" not in words
    assert EVENING in json.dumps(view.data())


def test_an_approval_ends_on_the_day_it_does_here() -> None:
    fields = dict.fromkeys(Approval.__dataclass_fields__, "x")
    approval = Approval(**{**fields, "created": EVENING, "expires": EVENING, "accepts": ()})
    view = approvals_view([(approval, False)])
    assert "2026-02-01" in view.text()
    assert "2026-01-31" not in view.text()
    assert EVENING in json.dumps(view.data())


def test_a_time_that_is_given_without_a_zone_is_the_time_here() -> None:
    assert moment("2026-02-01T03:45:30") == utc("2026-02-01T03:45:30") == EVENING
    assert moment("2026-02-01T03:45:30Z") == "2026-02-01T03:45:30.000000Z"
    with pytest.raises(ValueError):
        utc("0001-01-01")
