"""Snapshots are found by id, HEAD, tag or message, in that they never hide each other."""

from __future__ import annotations

import pytest

from notewright.errors import AmbiguousId, AmbiguousMessage, NoSnapshot, UnknownId


@pytest.fixture
def taken(notebook):
    """Return a function that takes a snapshot with a message, and its id."""

    def take(message: str) -> str:
        notebook.run(f"x = {message!r}")
        return notebook.recorder.take(message).id

    return take


def test_a_whole_message_finds_its_snapshot(taken, workspace) -> None:
    first, second = taken("clean data"), taken("clean data, scaled")
    assert workspace.snapshots.get("clean data").id == first
    assert workspace.snapshots.get("clean data, scaled").id == second
    with pytest.raises(UnknownId):
        workspace.snapshots.get("clean")


def test_a_tag_wins_over_a_message(taken, workspace) -> None:
    message, tagged = taken("ready"), taken("other")
    assert workspace.snapshots.get("ready").id == message
    workspace.snapshots.tag(tagged, "ready", "me")
    assert workspace.snapshots.get("ready").id == tagged
    assert workspace.snapshots.tags() == ["ready"]


def test_a_message_that_reads_like_an_id_never_hides_it(taken, workspace) -> None:
    first = taken("one")
    impostor = taken(first[:6])
    assert impostor != first
    assert workspace.snapshots.get(first[:6]).id == first
    with workspace.store.catalog.transaction() as connection:
        connection.execute("UPDATE snapshots SET id = 'aaaa01' WHERE id = ?", (first,))
        connection.execute("UPDATE snapshots SET id = 'aaaa02' WHERE id = ?", (impostor,))
    taken("aaaa")
    with pytest.raises(AmbiguousId, match="aaaa01, aaaa02"):
        workspace.snapshots.get("aaaa")


def test_a_message_that_is_no_ids_beginning_is_found_though_it_could_be_one(
    taken, workspace
) -> None:
    first = taken("")
    other = "0" if first[0] != "0" else "1"
    named = taken(other * 20)
    assert workspace.snapshots.get(other * 20).id == named


def test_the_same_message_twice_lists_the_ids(taken, workspace) -> None:
    first, second = taken("again"), taken("again")
    with pytest.raises(AmbiguousMessage) as raised:
        workspace.snapshots.get("again")
    assert f"{second[:8]}, {first[:8]}" in raised.value.problem
    assert raised.value.code == "ambiguous_id"


def test_no_words_are_no_message(taken, workspace) -> None:
    taken("")
    with pytest.raises(UnknownId):
        workspace.snapshots.get("")


def test_head_is_never_a_message(taken, workspace) -> None:
    taken("HEAD~1")
    last = taken("HEAD")
    assert workspace.snapshots.get("HEAD").id == last
    assert workspace.snapshots.get("HEAD~1").message == "HEAD~1"


@pytest.mark.parametrize("ref", ["HEAD", "HEAD~1"])
def test_before_the_first_snapshot_head_says_how_to_take_one(taken, workspace, ref: str) -> None:
    for ask in (
        workspace.snapshots.get,
        lambda ref: workspace.snapshots.tag(ref, "first", "me"),
        lambda ref: workspace.diff(ref, "HEAD"),
    ):
        with pytest.raises(NoSnapshot, match=r"no snapshot .* yet\. `%nw snapshot` takes one"):
            ask(ref)
    taken("one")
    assert workspace.snapshots.get("HEAD").message == "one"
