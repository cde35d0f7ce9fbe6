"""Deploy, deploy over, roll back and stop, with real processes on loopback."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import threading
from dataclasses import asdict
from pathlib import Path
from types import SimpleNamespace

import httpx
import psutil
import pytest
from tests.serving.conftest import Yard, environment, free_port, raw_rows, request, until

from notewright.errors import (
    BadName,
    Cancelled,
    DeploymentBusy,
    GateClosed,
    NoRollback,
    NotDeployed,
    NotewrightError,
    PackageAltered,
    PortInUse,
    UsageError,
    WrongEnvironment,
)
from notewright.progress import Progress
from notewright.serving.control import read_state, write
from notewright.serving.host import Host
from notewright.serving.processes import create_time, is_alive
from notewright.verbs import find_verb
from notewright.verbs.base import Context

BODY = request(raw_rows(1))


def ask(url: str, client: httpx.Client | None = None) -> dict[str, object]:
    """Send one request; a refusal is a failure."""
    answer = (client or httpx).post(f"{url}/v2/models/credit_risk/infer", json=BODY, timeout=30)
    assert answer.status_code == 200, answer.text
    found: dict[str, object] = answer.json()
    return found


def test_a_deployment_answers_and_says_who_it_is(yard: Yard) -> None:
    deployment = yard.deployments.deploy("credit_risk")
    assert (deployment.status, deployment.package_ref) == ("live", "credit_risk@1")
    answer = ask(deployment.url)
    logged = yard.deployments.log("credit_risk").find(str(answer["id"]))
    assert logged.entry.deployment == deployment.id
    assert [(act, subject, who) for act, subject, _, who in yard.acts] == [
        ("deploy", "credit_risk", "olga")
    ]
    evidence = yard.store.objects.get_json(deployment.digest)
    assert evidence["package"] == deployment.package
    assert yard.deployments.get("credit_risk") == deployment


def test_deploying_over_keeps_the_address_and_rollback_brings_the_first_back(yard: Yard) -> None:
    first = yard.deployments.deploy("credit_risk", "credit_risk@1")
    before = ask(first.url)
    second = yard.deployments.deploy("credit_risk", "credit_risk@2")
    assert second.url == first.url
    assert ask(first.url)["model_version"] == "2"
    assert ask(first.url)["outputs"] != before["outputs"]
    back = yard.deployments.rollback("credit_risk")
    assert (back.url, back.kind, back.restores) == (first.url, "rollback", first.id)
    after = ask(first.url)
    assert (after["model_version"], after["outputs"]) == ("1", before["outputs"])
    assert [d.status for d in yard.deployments.history("credit_risk")] == [
        "replaced",
        "replaced",
        "live",
    ]
    with pytest.raises(NoRollback, match="no version was live before"):
        yard.deployments.rollback("credit_risk")


def test_no_request_fails_and_none_is_answered_by_the_old_version_after_a_switch(
    yard: Yard,
) -> None:
    first = yard.deployments.deploy("credit_risk", "credit_risk@1")
    kept, fresh = [], []
    problems: list[str] = []
    done = threading.Event()

    def over_one_connection() -> None:
        with httpx.Client() as client:
            while not done.is_set():
                try:
                    kept.append(ask(first.url, client)["model_version"])
                except Exception as error:  # noqa: BLE001
                    problems.append(repr(error))

    def over_new_connections() -> None:
        while not done.is_set():
            try:
                fresh.append(ask(first.url)["model_version"])
            except Exception as error:  # noqa: BLE001
                problems.append(repr(error))

    threads = [threading.Thread(target=over_one_connection) for _ in range(3)]
    threads += [threading.Thread(target=over_new_connections)]
    with httpx.Client() as own:
        ask(first.url, own)
        for thread in threads:
            thread.start()
        try:
            for package, version in (("credit_risk@2", "2"), ("credit_risk@1", "1")):
                seen = len(kept)
                yard.deployments.deploy("credit_risk", package)
                # Also over a connection that was open before the switch.
                assert ask(first.url, own)["model_version"] == version
                until(lambda seen=seen: len(kept) > seen + 20 or problems)
        finally:
            done.set()
            for thread in threads:
                thread.join()
    assert problems == []
    assert len(kept) > 40
    assert len(fresh) > 5


def test_what_may_not_go_live_does_not(yard: Yard) -> None:
    first = yard.deployments.deploy("credit_risk", "credit_risk@1")
    yard.gate_open = False
    with pytest.raises(NotewrightError, match="gate 'production' is closed"):
        yard.deployments.deploy("credit_risk", "credit_risk@2")
    yard.gate_open, yard.roles = True, set()
    with pytest.raises(NotewrightError, match="may not deploy"):
        yard.deployments.deploy("credit_risk", "credit_risk@2")
    with pytest.raises(NotewrightError, match="may not rollback"):
        yard.deployments.rollback("credit_risk")
    assert ask(first.url)["model_version"] == "1"
    assert len(yard.deployments.history("credit_risk")) == 1


def test_rollback_goes_past_a_version_that_was_put_live_twice(yard: Yard) -> None:
    yard.deployments.deploy("credit_risk", "credit_risk@1")
    yard.deployments.deploy("credit_risk", "credit_risk@2")
    again = yard.deployments.deploy("credit_risk", "credit_risk@2")
    yard.deployments.rollback("credit_risk")
    assert ask(again.url)["model_version"] == "1"


def test_a_revoked_version_is_not_rolled_back_to(yard: Yard) -> None:
    first = yard.deployments.deploy("credit_risk", "credit_risk@1")
    yard.deployments.deploy("credit_risk", "credit_risk@2")
    yard.withdrawn[first.model_version] = "was revoked by rita on 2026-01-01"
    with pytest.raises(NoRollback, match="credit_risk@1, was revoked by rita"):
        yard.deployments.rollback("credit_risk")
    assert ask(first.url)["model_version"] == "2"


def test_rollback_needs_no_new_approval_and_leaves_an_audit_entry(yard: Yard) -> None:
    yard.deployments.deploy("credit_risk", "credit_risk@1")
    yard.deployments.deploy("credit_risk", "credit_risk@2")
    yard.gate_open = False
    back = yard.deployments.rollback("credit_risk")
    act, subject, details, who = yard.acts[-1]
    assert (act, subject, who) == ("rollback", "credit_risk", "olga")
    assert details["deployment"] == back.id


def test_a_package_that_cannot_be_served_leaves_the_live_one_alone(
    yard: Yard, tmp_path: Path
) -> None:
    first = yard.deployments.deploy("credit_risk", "credit_risk@1")
    broken = yard.packages["credit_risk@2"]
    copy = tmp_path / "credit_risk"
    shutil.copytree(broken.path, copy, ignore=shutil.ignore_patterns("__pycache__"))
    yard.packages["credit_risk@2"] = type(broken)(**{**asdict(broken), "path": copy})
    predict = copy / "src" / "credit_risk" / "predict.py"
    predict.write_text(predict.read_text() + "\nimport nowhere\n", encoding="utf-8")
    with pytest.raises(PackageAltered, match=r"predict\.py: its bytes changed"):
        yard.deployments.deploy("credit_risk", "credit_risk@2")
    _sign_again(copy)
    with pytest.raises(NotewrightError, match="No module named 'nowhere'"):
        yard.deployments.deploy("credit_risk", "credit_risk@2")
    assert ask(first.url)["model_version"] == "1"
    live = yard.deployments.get("credit_risk")
    assert (live.id, live.status) == (first.id, "live")
    assert yard.deployments.history("credit_risk")[-1].status == "failed"


def _sign_again(path: Path) -> None:
    from tests.serving.conftest import write_manifest

    write_manifest(path)


def test_other_versions_than_the_proved_ones_are_refused_in_words(
    yard: Yard, tmp_path: Path
) -> None:
    package = yard.packages["credit_risk@1"]
    copy = tmp_path / "credit_risk"
    shutil.copytree(package.path, copy, ignore=shutil.ignore_patterns("__pycache__"))
    (copy / "requirements.lock").write_text(
        "# lock\nnumpy==0.0.1 \\\n    --hash=sha256:00\nnot-there==1\n", encoding="utf-8"
    )
    _sign_again(copy)
    yard.packages["credit_risk@1"] = type(package)(**{**asdict(package), "path": copy})
    with pytest.raises(WrongEnvironment, match=r"not-there 1 is not installed; numpy is .*, not 0"):
        yard.deployments.deploy("credit_risk")


def test_a_port_in_use_is_one_sentence_and_leaves_no_process(yard: Yard) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(NotewrightError, match=r"Port .* is already in use") as error:
            yard.deployments.deploy("credit_risk", port=taken.getsockname()[1])
    assert error.value.remedy == PortInUse("", 0).remedy
    assert Host("credit_risk", yard.store.root / "deployments" / "credit_risk").state() is None
    assert yard.deployments.get("credit_risk").status == "failed"


def test_a_name_keeps_its_port(yard: Yard) -> None:
    port = free_port()
    first = yard.deployments.deploy("credit_risk", port=port)
    assert first.url == f"http://127.0.0.1:{port}"
    with pytest.raises(UsageError, match=f"answers on port {port}"):
        yard.deployments.deploy("credit_risk", port=port + 1)
    yard.deployments.stop("credit_risk")
    assert yard.deployments.get("credit_risk").status == "stopped"
    with pytest.raises(httpx.TransportError):
        ask(first.url)
    assert yard.deployments.deploy("credit_risk").url == first.url


def test_stop_ends_every_process_and_flushes_the_log(yard: Yard) -> None:
    deployment = yard.deployments.deploy("credit_risk")
    ids = {str(ask(deployment.url)["id"]) for _ in range(20)}
    state = read_state(yard.store.root / "deployments" / "credit_risk")
    assert state is not None
    assert state.worker is not None
    worker_started = create_time(state.worker) or 0.0
    yard.deployments.stop("credit_risk")
    assert not is_alive(state.pid, state.started)
    assert not is_alive(state.worker, worker_started)
    assert not list((yard.store.root / "deployments" / "credit_risk").glob("*.spool"))
    records = yard.deployments.log("credit_risk").records()
    assert {record.entry.id for record in records} == ids
    assert yard.deployments.stop("credit_risk").status == "stopped"


def test_the_server_outlives_the_process_that_deployed_it(yard: Yard, tmp_path: Path) -> None:
    folder = tmp_path / "apart"
    folder.mkdir()
    package = yard.packages["credit_risk@1"].path
    code = (
        "import sys, pathlib; sys.path.insert(0, sys.argv[1])\n"
        "from conftest import Yard\n"
        "yard = Yard(pathlib.Path(sys.argv[2]), [pathlib.Path(sys.argv[3])])\n"
        "print(yard.deployments.deploy('credit_risk').url)\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code, str(Path(__file__).parent), str(folder), str(package)],
        capture_output=True,
        text=True,
        env=environment(),
        check=True,
    )
    own = Yard(folder, [package])
    try:
        assert ask(ran.stdout.strip())["model_version"] == "1"
        assert own.deployments.get("credit_risk").status == "live"
    finally:
        own.end()
    with pytest.raises(httpx.TransportError):
        ask(ran.stdout.strip())


def test_a_server_that_dies_is_started_again_at_its_address(yard: Yard) -> None:
    deployment = yard.deployments.deploy("credit_risk")
    folder = yard.store.root / "deployments" / "credit_risk"
    state = read_state(folder)
    assert state is not None
    assert state.worker is not None
    psutil.Process(state.worker).kill()
    # Asked while it is away: the connection waits, it is not refused.
    assert ask(deployment.url)["model_version"] == "1"
    again = read_state(folder)
    assert again is not None
    assert again.worker != state.worker


def test_if_the_supervisor_is_killed_its_server_ends_and_the_record_says_down(yard: Yard) -> None:
    deployment = yard.deployments.deploy("credit_risk")
    state = read_state(yard.store.root / "deployments" / "credit_risk")
    assert state is not None
    assert state.worker is not None
    worker_started = create_time(state.worker) or 0.0
    psutil.Process(state.pid).kill()
    until(lambda: not is_alive(int(state.worker or 0), worker_started))
    assert yard.deployments.get("credit_risk").status == "down"
    again = yard.deployments.deploy("credit_risk")
    assert (again.url, ask(again.url)["model_version"]) == (deployment.url, "1")


def test_a_stale_pid_is_never_taken_for_the_server_and_never_killed(yard: Yard) -> None:
    yard.deployments.deploy("credit_risk")
    folder = yard.store.root / "deployments" / "credit_risk"
    state = read_state(folder)
    yard.deployments.stop("credit_risk")
    assert state is not None
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as bystander:
        # The number was given to another process meanwhile.
        forged = type(state)(**{**asdict(state), "pid": bystander.pid, "started": 1.0})
        write(folder, forged)
        assert Host("credit_risk", folder).state() is None
        Host("credit_risk", folder).stop()
        assert bystander.poll() is None
        assert bystander.stdin is not None
        bystander.stdin.close()


def test_two_at_once_are_told_apart(yard: Yard) -> None:
    yard.deployments.deploy("credit_risk")
    host = Host("credit_risk", yard.store.root / "deployments" / "credit_risk")
    with host.alone(), pytest.raises(DeploymentBusy):
        yard.deployments.deploy("credit_risk")


def test_cancelling_leaves_nothing_behind(yard: Yard) -> None:
    progress = Progress()

    def report(fraction: float, message: str) -> None:
        if fraction >= 0.4:
            progress.cancel()

    progress.report = report
    with pytest.raises(Cancelled):
        yard.deployments.deploy("credit_risk", progress=progress)
    assert Host("credit_risk", yard.store.root / "deployments" / "credit_risk").state() is None
    assert yard.deployments.get("credit_risk").status == "failed"


def test_a_refusal_offers_the_newest_version_that_may_go_live(yard: Yard) -> None:
    yard.unapproved = {yard.packages["credit_risk@2"].model_version}
    with pytest.raises(GateClosed) as refused:
        yard.deployments.deploy("scores", "credit_risk@2")
    assert refused.value.remedy.endswith(
        "credit_risk@1 may go live now: `%nw deploy scores --package credit_risk@1` serves it."
    )
    yard.deployments.deploy("scores", "credit_risk@1")
    for name, also_closed in (("scores", "nothing"), ("other", "credit_risk@1")):
        if also_closed in yard.packages:
            yard.unapproved.add(yard.packages[also_closed].model_version)
        with pytest.raises(GateClosed) as refused:
            yard.deployments.deploy(name, "credit_risk@2")
        assert "--package" not in refused.value.remedy


def test_a_version_may_be_named_with_its_deployment(yard: Yard) -> None:
    verb = find_verb("deploy")
    parsed = verb.parser().parse_args(["credit_risk@2"])
    verb.run(parsed, Context(SimpleNamespace(deployments=yard.deployments, identities=yard)))
    live = yard.deployments.get("credit_risk")
    assert (live.status, live.package_ref) == ("live", "credit_risk@2")
    parsed = verb.parser().parse_args(["credit_risk@2", "--package", "credit_risk@1"])
    with pytest.raises(UsageError, match="both name a version"):
        verb.run(parsed, Context(SimpleNamespace(deployments=yard.deployments, identities=yard)))


def test_names_that_are_none_say_so(yard: Yard) -> None:
    with pytest.raises(BadName):
        yard.deployments.deploy("../up")
    for act in (yard.deployments.get, yard.deployments.rollback, yard.deployments.stop):
        with pytest.raises(NotDeployed, match="Nothing is deployed as 'nothing'"):
            act("nothing")
    assert yard.deployments.list() == []


def test_files_of_a_deployment_are_the_users_alone(yard: Yard) -> None:
    ask(yard.deployments.deploy("credit_risk").url)
    folder = yard.store.root / "deployments" / "credit_risk"
    assert folder.stat().st_mode & 0o077 == 0
    open_to_others = [p.name for p in folder.iterdir() if p.stat().st_mode & 0o077]
    assert set(open_to_others) <= {"wanted.json", "change.lock"}
    assert json.loads((folder / "state.json").read_text())["pid"] != os.getpid()
