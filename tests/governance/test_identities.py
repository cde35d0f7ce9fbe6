"""A name is worth what its registered key signs; no environment variable names anybody."""

from __future__ import annotations

import os
import stat
import subprocess
import sys

import pytest

from notewright.errors import AccessDenied, BadName, KeyProblem, UnknownId
from notewright.governance.identities import Identity
from notewright.governance.keys import create_key, os_user, own_key, read_key
from notewright.store.signing import verify


def test_the_first_identity_owns_the_workspace_and_its_key_is_private(house):
    me = house.governance.identities.me()
    assert house.governance.identities.owner().name == me.name == os_user()
    mode = (house.config / "keys" / f"{me.name}.key").stat().st_mode
    assert stat.S_IMODE(mode) == 0o600
    assert not list(house.root.rglob("*.key"))


@pytest.mark.parametrize("variable", ["USER", "LOGNAME", "LNAME", "USERNAME", "NOTEWRIGHT_USER"])
def test_no_environment_variable_names_a_user(house, variable):
    code = "from notewright.governance.keys import os_user; print(os_user())"
    found = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, variable: "mallory"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert found.stdout.strip() == os_user() != "mallory"


def test_another_key_of_the_same_name_is_not_the_registered_one(house, tmp_path):
    from dataclasses import replace

    house.governance.identities.me()
    impostor = replace(house, config=tmp_path / "other").again()
    with pytest.raises(KeyProblem, match="another key"):
        impostor.identities.me()


def test_a_key_file_is_known_by_its_key_and_not_by_the_name_in_it(house):
    house.person("rita")
    path = house.root / "rita.key"
    path.write_text(path.read_text().replace("rita", "owner"))
    assert house.governance.identities.load_key(path).name == "rita"


def test_an_unregistered_key_is_refused(house, tmp_path):
    create_key("rita", tmp_path / "rita.key")
    with pytest.raises(KeyProblem, match="not registered"):
        house.governance.identities.load_key(tmp_path / "rita.key")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666])
def test_a_key_that_others_can_read_is_refused(house, mode):
    house.person("rita")
    (house.root / "rita.key").chmod(mode)
    with pytest.raises(KeyProblem, match="read by others"):
        house.governance.identities.load_key(house.root / "rita.key")


@pytest.mark.parametrize("text", ["", "Notewright-Identity: rita\n", "x\n" * 5, "\0" * 100])
def test_what_is_no_key_file_gets_a_sentence(tmp_path, text):
    path = tmp_path / "bad.key"
    path.write_text(text)
    path.chmod(0o600)
    with pytest.raises(KeyProblem, match="not a Notewright key"):
        read_key(path)
    with pytest.raises(KeyProblem, match="cannot be used"):
        read_key(tmp_path / "none.key")


def test_a_key_file_is_never_overwritten(house):
    house.person("rita")
    before = (house.root / "rita.key").read_bytes()
    with pytest.raises(KeyProblem, match="never overwritten"):
        house.governance.identities.create("rita2", house.root / "rita.key")
    assert (house.root / "rita.key").read_bytes() == before
    with pytest.raises(KeyProblem, match="registered already"):
        house.governance.identities.create("rita", house.root / "second.key")


@pytest.mark.parametrize("name", ["", "../x", "a b", "<script>", "x" * 65, ".hidden", "Müller"])
def test_names_that_could_be_paths_or_markup_are_refused(house, name):
    with pytest.raises(BadName):
        house.governance.identities.create(name, house.root / "k.key")


def test_only_the_owner_registers_others_and_anyone_themselves(house, tmp_path):
    rita = house.person("rita")
    identities = house.governance.identities
    with pytest.raises(AccessDenied, match="may not register"):
        identities.register("max", "ab" * 32, by=rita)
    assert house.governance.audit.list(act="refused")[-1].actor == "rita"
    made = create_key("max", tmp_path / "max.key")
    assert identities.register("max", made.public).by == identities.me().name


@pytest.mark.parametrize("column", ["name", "public", "body", "signature"])
def test_a_registration_edited_in_the_database_is_noticed(house, column):
    house.person("rita")
    house.sql(f"UPDATE identities SET {column} = replace({column}, 'a', 'b') WHERE seq = 1")
    with pytest.raises(KeyProblem, match="changed outside"):
        house.again().identities.list()
    verdict = house.again().audit.verify()
    assert not verdict.ok


def test_signatures_verify_and_nothing_else_does(tmp_path):
    made = create_key("rita", tmp_path / "rita.key")
    signature = made.sign(b"text")
    assert verify(made.public, signature, b"text")
    assert verify(made.public, signature.hex(), b"text")
    assert not verify(made.public, signature, b"texts")
    assert not verify(made.public, b"", b"text")
    assert not verify("zz", signature, b"text")


def test_two_processes_that_make_the_own_key_at_once_get_the_same(tmp_path):
    code = (
        "import sys; from pathlib import Path; from notewright.governance.keys import own_key;"
        "print(own_key(Path(sys.argv[1])).public)"
    )
    started = [
        subprocess.Popen([sys.executable, "-c", code, tmp_path], stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    keys = {process.communicate(timeout=60)[0].strip() for process in started}
    assert keys == {own_key(tmp_path).public}


def test_trust_is_kept_outside_the_store(house, tmp_path):
    from dataclasses import replace

    rita = house.person("rita")
    identities = house.governance.identities
    assert identities.is_trusted(identities.me().public)
    assert not identities.is_trusted(rita.public)
    identities.trust("rita")
    assert house.again().identities.is_trusted(rita.public)
    elsewhere = replace(house, config=tmp_path / "other").again()
    assert not elsewhere.identities.is_trusted(rita.public)
    with pytest.raises(UnknownId):
        identities.trust("nobody")


def test_a_name_alone_or_a_borrowed_name_confirms_nothing(house):
    rita = house.person("rita")
    me = house.governance.identities.me()
    identities = house.governance.identities
    identities.confirm(rita)
    for claim in (
        Identity("rita", rita.public, me.sign),
        Identity("rita", me.public, me.sign),
        Identity(me.name, rita.public, rita.sign),
    ):
        with pytest.raises(AccessDenied):
            identities.confirm(claim)


def test_two_processes_of_one_user_may_register_at_the_same_moment(house, monkeypatch):
    identities = house.governance.identities
    registered = identities.me()
    read, rows = identities._row, iter([None])
    monkeypatch.setattr(identities, "_row", lambda name: next(rows, read(name)))
    assert identities.me() == registered
    assert [r.name for r in identities.list()] == [registered.name]


def test_a_visitor_who_comes_first_does_not_own_the_workspace(tmp_path):
    from notewright.governance.person import Person
    from notewright.workspace import Workspace

    visited = Workspace(tmp_path, Person("rita", "a server"))
    assert visited.identities.me().name == "rita"
    assert visited.identities.owner().name == os_user()
    assert visited.roles.of("rita") == frozenset()


def test_a_damaged_key_beside_ones_own_keeps_nobody_from_trusting_their_own(house):
    me = house.governance.identities.me()
    (house.config / "keys" / "a_first.key").write_text("damaged")
    assert house.again().identities.is_trusted(me.public)
    with pytest.raises(KeyProblem, match=r"a_first\.key"):
        house.again().identities.is_trusted("ab" * 32)
