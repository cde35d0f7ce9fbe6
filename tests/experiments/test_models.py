"""Model versions never change; every move of an alias is kept."""

from __future__ import annotations

import pytest
from tests.edited import edited

from notewright.errors import (
    BadName,
    BadRecord,
    ModelUnloadable,
    NoModel,
    RefMoved,
    UnknownId,
    UntrustedStore,
)
from notewright.experiments.models import Models
from notewright.store.canonical import canonical, digest_of
from notewright.store.catalog import RecordRefused
from notewright.store.ids import now


@pytest.fixture
def trained(runs):
    from sklearn.linear_model import LinearRegression

    return [
        runs.record(f"run {n}", model=LinearRegression().fit([[0.0], [1.0]], [0.0, float(n)]))
        for n in range(3)
    ]


def test_versions_are_numbered_and_found(models, trained):
    first = models.register(trained[0].id, "credit_risk", "ann")
    second = models.register(trained[1], "credit_risk", "bob")
    assert (first.number, second.number, second.ref) == (1, 2, "credit_risk@2")
    assert models.get("credit_risk") == second
    assert models.get("credit_risk@1") == first
    assert models.get(first.id[:8]) == first
    assert models.list() == [first, second]
    assert models.list("other") == []
    assert models.find(trained[0].model.fingerprint) == first
    assert models.find("0" * 64) is None
    assert models.load(first).coef_ == [0.0]
    assert first.origin == "run"
    assert first.run_digest == trained[0].digest


def test_a_version_cannot_be_changed(models, trained, store):
    models.register(trained[0], "credit_risk", "ann")
    with (
        pytest.raises(RecordRefused, match="immutable"),
        store.catalog.transaction() as connection,
    ):
        connection.execute("UPDATE model_versions SET number = 9")


@pytest.mark.parametrize("ref", ["nothing", "credit_risk@9", "credit_risk@champion", "none@1"])
def test_unknown_versions_are_named(models, trained, ref):
    models.register(trained[0], "credit_risk", "ann")
    with pytest.raises(UnknownId, match=f"There is no model '{ref}'"):
        models.get(ref)


def test_only_finished_runs_with_a_kept_model_are_registered(models, runs, record):
    with pytest.raises(NoModel):
        models.register(runs.record("empty"), "m", "ann")
    with pytest.raises(BadRecord, match="is failed"):
        models.register(runs.record("bad", status="failed"), "m", "ann")
    unsaved = record("from sklearn.svm import SVC\nmodel = SVC().fit(X, y)\n")
    with pytest.raises(ModelUnloadable, match="no snapshot holds it"):
        models.register(unsaved, "m", "ann")
    with pytest.raises(BadName):
        models.register("any", "../m", "ann")


def test_aliases_move_by_compare_and_swap(models, trained):
    for run in trained:
        models.register(run, "credit_risk", "ann")
    models.move_alias("credit_risk", "champion", 1, None, "ann")
    models.move_alias("credit_risk", "champion", 2, 1, "bob")
    assert models.get("credit_risk@champion").number == 2
    with pytest.raises(RefMoved, match="is now at 2, not at 1"):
        models.move_alias("credit_risk", "champion", 3, 1, "ann")
    with pytest.raises(UnknownId):
        models.move_alias("credit_risk", "champion", 9, 2, "ann")
    models.move_alias("credit_risk", "challenger", 3, None, "ann")
    assert models.aliases("credit_risk") == {"champion": 2, "challenger": 3}
    models.move_alias("credit_risk", "challenger", None, 3, "ann")
    assert models.aliases("credit_risk") == {"champion": 2}
    assert models.aliases("credit") == {}


def test_which_version_was_champion_at_a_time(models, trained):
    for run in trained[:2]:
        models.register(run, "credit_risk", "ann")
    before = now()
    models.move_alias("credit_risk", "champion", 1, None, "ann")
    between = now()
    models.move_alias("credit_risk", "champion", 2, 1, "bob")
    assert models.alias_at("credit_risk", "champion", before) is None
    assert models.alias_at("credit_risk", "champion", between).number == 1
    assert models.alias_at("credit_risk", "champion", "2999-01-01").number == 2
    moves = models.alias_moves("credit_risk", "champion")
    assert [(m.old, m.new, m.actor) for m in moves] == [(None, "1", "ann"), ("1", "2", "bob")]
    with pytest.raises(BadRecord, match="'yesterday' is not a time"):
        models.alias_at("credit_risk", "champion", "yesterday")


def test_registering_and_moving_leave_an_act_or_do_not_happen(store, runs, trained):
    acts = []
    models = Models(store, runs, lambda act, subject, details, **more: acts.append((act, subject)))
    models.register(trained[0], "credit_risk", "ann")
    models.move_alias("credit_risk", "champion", 1, None, "ann")
    assert acts == [("model.register", "credit_risk@1"), ("model.alias", "credit_risk@champion")]

    def full(*_, **__):
        raise OSError("the log is full")

    broken = Models(store, runs, full)
    with pytest.raises(OSError, match="full"):
        broken.register(trained[1], "credit_risk", "ann")
    with pytest.raises(OSError, match="full"):
        broken.move_alias("credit_risk", "champion", None, 1, "ann")
    assert len(models.list()) == 1
    assert models.aliases("credit_risk") == {"champion": 1}


def test_who_may_not_register_does_not(store, runs, trained):
    def permit(actor, action, subject):
        raise PermissionError(f"{actor} may not {action} {subject}")

    with pytest.raises(PermissionError, match=r"ann may not model\.register credit_risk"):
        Models(store, runs, permit=permit).register(trained[0], "credit_risk", "ann")
    assert Models(store, runs).list() == []


def tampered(version, change):
    """Return the body of a version's record with one thing in it changed, and its new hash."""
    from dataclasses import asdict

    fields = {k: v for k, v in asdict(version).items() if k != "digest"}
    text = canonical({**fields, **change, "schema": 1})
    return text.decode(), digest_of(text)


def test_a_version_is_loaded_only_as_it_was_signed(workspace, records):
    from sklearn.linear_model import LinearRegression

    model = LinearRegression().fit([[0.0], [1.0]], [0.0, 2.0])
    run = workspace.runs.record("a run", model=model)
    rita = workspace.identities.create("rita", workspace.root / "rita.key")
    me = workspace.identities.me()
    workspace.roles.grant("rita", "data_scientist")
    by_rita, by_me = (workspace.models.register(run, "m", actor) for actor in (rita, me))
    signers = edited(
        workspace.store.root, "SELECT number, signer FROM model_versions ORDER BY number"
    )
    assert signers == [(1, rita.public), (2, me.public)]
    assert workspace.models.load(by_me).coef_ == model.coef_
    with pytest.raises(UntrustedStore, match="rita"):
        workspace.models.load(by_rita)
    body, digest = tampered(by_me, {"origin": "retrain"})
    of = " ON model_versions" if records == "postgresql" else ""
    edited(workspace.store.root, f"DROP TRIGGER model_versions_are_immutable{of}")
    edited(
        workspace.store.root,
        "UPDATE model_versions SET body = ?, digest = ? WHERE number = 2", body, digest,
    )  # fmt: skip
    with pytest.raises(UntrustedStore):
        workspace.models.load(workspace.models.get("m@2"))
