"""On a JupyterHub people act under their login, which nothing but the Hub's own answer tells."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.hub import LocalHub, record_of

from notewright.errors import KeyProblem, PersonUnknown
from notewright.governance import hub as hubs
from notewright.governance.hub import Hub, hub_here
from notewright.governance.keys import os_user, own_key
from notewright.governance.person import identity_name, person_here
from notewright.store.names import check_name

# -- who one is -------------------------------------------------------------------------


def test_without_a_hub_one_is_the_os_user(monkeypatch):
    monkeypatch.setenv("JUPYTERHUB_USER", "rita")
    monkeypatch.setenv("JUPYTERHUB_API_TOKEN", "ab" * 16)
    assert person_here().name == os_user()
    assert person_here().source == "the operating system"


def test_on_a_hub_one_acts_under_ones_login_with_a_key_of_ones_own(house, hub, on_hub):
    on_hub("rita")
    here = house.again()
    me = here.identities.me()
    assert me.name == "rita"
    assert me.public == own_key(house.config, "rita").public != own_key(house.config).public
    assert here.identities.owner().name == os_user()  # who made the house
    here.audit.append("note", "something")
    assert here.audit.list()[-1].actor == "rita"
    assert here.roles.of("rita") == frozenset()


def test_the_hub_is_asked_at_its_own_address_and_once(hub, on_hub):
    on_hub("rita")
    assert [person_here().name for _ in range(3)] == ["rita"] * 3
    assert hub.asked == [("/hub/api/user", f"token {os.environ['JUPYTERHUB_API_TOKEN']}")]


def test_with_another_token_it_is_asked_again(hub, on_hub):
    on_hub("rita")
    assert person_here().name == "rita"
    on_hub("max")
    assert person_here().name == "max"


def test_no_proxy_of_the_environment_gets_the_token(hub, on_hub, monkeypatch):
    proxy = LocalHub()
    try:
        for variable in ("http_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(variable, proxy.url)
        on_hub("rita")
        assert person_here().name == "rita"
        assert proxy.asked == []
    finally:
        proxy.stop()


def test_people_who_share_a_user_name_of_the_machine_have_keys_of_their_own(house, on_hub):
    keys = {}
    for name in ("rita", "max"):
        on_hub(name)
        keys[name] = house.again().identities.me().public
    assert len(set(keys.values())) == 2
    assert {name: house.again().identities.get(name).public for name in keys} == keys


def test_the_name_of_somebody_who_is_registered_is_worth_nothing_without_their_key(house, on_hub):
    house.person("rita", "admin")
    on_hub("rita")
    with pytest.raises(KeyProblem, match="another key"):
        house.again().identities.me()
    with pytest.raises(KeyProblem, match="another key"):
        house.again().roles.grant("rita", "operator")


def test_a_key_file_that_names_another_than_the_hub_does_is_refused(house, on_hub):
    on_hub("rita")
    house.again().identities.me()
    path = house.config / "keys" / "rita.key"
    path.write_text(path.read_text().replace("rita", "max"))
    with pytest.raises(KeyProblem, match="key of 'max'"):
        house.again().identities.me()


# -- what was there before ------------------------------------------------------------------


def test_what_one_signed_under_ones_earlier_name_is_trusted_and_roles_come_over(house, on_hub):
    before = house.governance.identities.me()
    on_hub("rita")
    here = house.again()
    assert here.identities.is_trusted(before.public)
    earlier = here.identities.earlier()
    assert earlier.name == before.name
    me = here.identities.me()
    here.roles.grant("rita", "data_scientist", by=here.identities.load_key(earlier.key))
    assert here.roles.of(me.name) == {"data_scientist"}


def test_nobody_was_anybody_earlier_without_a_key_that_is_registered(house, on_hub, tmp_path):
    assert house.governance.identities.earlier() is None
    on_hub("rita")
    elsewhere = replace(house, config=tmp_path / "other").again()
    assert elsewhere.identities.earlier() is None
    own_key(tmp_path / "other")  # the machine's user, with a key that nobody knows here
    assert elsewhere.identities.earlier() is None


# -- a Hub that does not say -------------------------------------------------------------


def refused(house) -> str:
    """Return in what words an act is refused; nothing may have come of it."""
    entries = len(house.again().audit.list())
    with pytest.raises(PersonUnknown) as problem:
        house.again().audit.append("note", "something")
    assert len(house.again().audit.list()) == entries
    return str(problem.value)


def test_a_hub_that_is_down_lets_nobody_act_and_everybody_read(house, hub, on_hub):
    mine = house.governance.identities.me()
    on_hub("rita")
    signed_there = house.again().identities.me()
    house.governance.audit.append("note", "before", actor=signed_there)
    on_hub("rita")  # a server started anew: another token
    hub.stop()
    assert "does not answer" in refused(house)
    here = house.again()
    assert [each.name for each in here.identities.list()] == [mine.name, "rita"]
    assert here.audit.verify().ok
    assert here.identities.is_trusted(signed_there.public)
    assert here.identities.is_trusted(mine.public)


def test_who_is_not_known_sees_no_restricted_column_until_they_are(house, hub, on_hub, monkeypatch):
    owner = house.governance.identities.me()
    house.policy("version: 1\ndata: {restricted: {income: [risk_officer]}}\n")
    on_hub("rita")
    house.again().identities.me()
    house.again().roles.grant("rita", "risk_officer", by=owner)
    on_hub("rita")  # a server started anew: another token
    monkeypatch.setattr(hubs, "_NOT_AGAIN_FOR", 0.0)
    columns = house.again().restricted
    hub.odd = lambda request: request.reply(503, {})
    assert [each.column for each in columns.now().columns] == ["income"]
    hub.odd = None
    assert not columns.now().columns


def test_once_the_hub_has_said_it_one_goes_on_without_it(house, hub, on_hub):
    on_hub("rita")
    here = house.again()
    here.identities.me()
    hub.stop()
    assert house.again().audit.append("note", "something").actor == "rita"


def test_a_hub_that_failed_is_not_asked_with_each_act_and_later_again(
    house, hub, on_hub, monkeypatch
):
    house.governance.identities.me()
    on_hub("rita")
    hub.odd = lambda request: request.reply(503, {})
    for _ in range(3):
        assert "status 503" in refused(house)
    assert len(hub.asked) == 1
    hub.odd = None
    monkeypatch.setattr(hubs, "_NOT_AGAIN_FOR", 0.0)
    assert house.again().identities.me().name == "rita"


@pytest.mark.parametrize("status", [401, 403])
def test_a_token_that_the_hub_does_not_know_says_to_start_the_server_again(
    house, hub, on_hub, status
):
    house.governance.identities.me()
    on_hub("rita")
    hub.odd = lambda request: request.reply(status, {})
    assert "start it again" in refused(house)


def test_a_wrong_token_names_nobody(house, hub, on_hub, monkeypatch):
    house.governance.identities.me()
    on_hub("rita")
    monkeypatch.setenv("JUPYTERHUB_API_TOKEN", "guessed")
    assert "does not accept" in refused(house)


def test_the_token_follows_no_redirect(house, hub, on_hub):
    house.governance.identities.me()
    on_hub("rita")
    other = LocalHub()
    try:
        other.tokens = {os.environ["JUPYTERHUB_API_TOKEN"]: record_of("rita")}
        for status in (301, 302, 303, 307, 308):
            hubs._failures.clear()
            hub.odd = lambda request, status=status: request.send(
                status, b"", Location=f"{other.url}/user"
            )
            assert f"status {status}" in refused(house)
        assert other.asked == []
    finally:
        other.stop()


BODIES: dict[str, bytes] = {
    "nothing": b"",
    "no JSON": b"<html>rita</html>",
    "a list": b'["rita"]',
    "a name alone": b'"rita"',
    "no kind": b'{"name": "rita"}',
    "a service": b'{"kind": "service", "name": "rita"}',
    "a number for a name": b'{"kind": "user", "name": 7}',
    "null for a name": b'{"kind": "user", "name": null}',
    "bytes that are no UTF-8": b'{"kind": "user", "name": "\xff"}',
    "lists in lists": b'{"kind": "user", "name": ' + b"[" * 200_000,
    "a number of many digits": b'{"kind": "user", "name": ' + b"9" * 100_000 + b"}",
}


@pytest.mark.parametrize("body", BODIES)
def test_an_answer_without_a_user_names_nobody(house, hub, on_hub, body):
    house.governance.identities.me()
    on_hub("rita")
    hub.odd = lambda request: request.send(200, BODIES[body])
    assert "names no user" in refused(house)


def test_an_answer_without_end_is_not_read_to_it(house, hub, on_hub):
    house.governance.identities.me()
    on_hub("rita")
    sent = []

    def endless(request):
        request.send_response(200)
        request.end_headers()
        block = b'{"kind": "user", "name": "rita", "groups": "' + b"x" * (1 << 20)
        for _ in range(200):
            sent.append(request.wfile.write(block))

    hub.odd = endless
    assert "names no user" in refused(house)
    assert sum(sent) < 100 << 20


@pytest.mark.parametrize("drip", ["nothing at all", "a header now and then", "a body now and then"])
def test_a_hub_that_dawdles_is_given_up(house, hub, on_hub, monkeypatch, drip):
    house.governance.identities.me()
    on_hub("rita")
    monkeypatch.setattr(hubs, "PATIENCE", 0.5)
    over = threading.Event()

    def dawdle(request):
        if drip != "nothing at all":
            request.send_response(200)
            request.flush_headers()
        if drip == "a body now and then":
            request.end_headers()
        with suppress(OSError):  # who asked is gone
            while not over.wait(0.1):
                if drip != "nothing at all":
                    request.wfile.write(b"X: x\r\n" if drip.startswith("a header") else b" ")

    hub.odd = dawdle
    began = time.monotonic()
    try:
        refused(house)
        assert time.monotonic() - began < 5
    finally:
        over.set()


@pytest.mark.parametrize(
    ("url", "token"),
    [
        ("http://127.0.0.1:1/hub/api", ""),
        ("file:///etc/passwd", "t"),
        ("ftp://127.0.0.1/hub/api", "t"),
        ("127.0.0.1:8081/hub/api", "t"),
        ("http://", "t"),
        ("http://127.0.0.1:99999999/hub/api", "t"),
        ("http://[::1/hub/api", "t"),
        ("http://127.0.0.1:1/hub/api", "a\r\nX: y"),
        ("http://127.0.0.1:1/hub\r\nX: y", "t"),
        ("http://127.0.0.1:1/ü", "schlüssel€"),
    ],
)
def test_settings_that_cannot_be_asked_with_let_nobody_act(house, monkeypatch, url, token):
    house.governance.identities.me()
    monkeypatch.setenv("JUPYTERHUB_API_URL", url)
    monkeypatch.setenv("JUPYTERHUB_API_TOKEN", token)
    assert "JupyterHub" in refused(house)


def test_no_message_shows_the_token(hub, on_hub):
    on_hub("rita")
    hub.stop()
    token = os.environ["JUPYTERHUB_API_TOKEN"]
    with pytest.raises(PersonUnknown) as problem:
        person_here()
    assert token not in str(problem.value)
    assert token not in repr(hub_here())


def test_a_hub_with_certificates_of_its_own_is_checked_and_shown_ones_own(tmp_path, monkeypatch):
    pem = certificate(tmp_path / "hub.pem")
    hub = LocalHub(pem)
    try:
        for variable, value in hub.starts("rita").items():
            monkeypatch.setenv(variable, value)
        with pytest.raises(PersonUnknown, match="SSLCertVerificationError"):
            person_here()
        assert hub.asked == []
        hubs._failures.clear()
        monkeypatch.setenv("JUPYTERHUB_SSL_CLIENT_CA", str(pem))
        with pytest.raises(PersonUnknown, match="does not answer"):
            person_here()
        assert hub.asked == []
        hubs._failures.clear()
        monkeypatch.setenv("JUPYTERHUB_SSL_CERTFILE", str(pem))
        monkeypatch.setenv("JUPYTERHUB_SSL_KEYFILE", str(pem))
        assert person_here().name == "rita"
    finally:
        hub.stop()


def certificate(path: Path) -> Path:
    """Write a key, and a certificate of 127.0.0.1 that it signed itself."""
    from datetime import UTC, datetime, timedelta
    from ipaddress import ip_address

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "hub")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


# -- names ----------------------------------------------------------------------------------

HOSTILE = [
    "", " ", ".", "..", "../x", "a/b", "a\\b", "/etc/passwd", "rita\nadmin", "rita\x00",
    "\x1b[31mr", "<script>alert(1)</script>", "x" * 256, "x" * 100_000, "\u202erita", "\ud800",
]  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_that_could_be_a_path_or_markup_lets_nobody_act(house, hub, on_hub, name):
    house.governance.identities.me()
    on_hub("rita")
    record = json.dumps({**record_of("rita"), "name": name}).encode()
    hub.odd = lambda request: request.send(200, record)
    words = refused(house)
    assert "no login name" in words
    assert len(words) < 600
    assert {path.name for path in (house.config / "keys").iterdir()} == {f"{os_user()}.key"}


@pytest.mark.parametrize(
    "login", ["rita@bank.example", "Müller", "rita muster", "auth0|17", "7of9"]
)
def test_a_login_of_other_characters_gets_a_name_that_says_whose_it_is(house, on_hub, login):
    on_hub(login)
    me = house.again().identities.me()
    assert me.name == identity_name(login) == check_name(me.name, "identity")
    assert me.name != login


@given(st.lists(st.text(max_size=80), min_size=2, max_size=2, unique=True))
def test_two_logins_never_have_one_name(logins):
    names = set()
    for login in logins:
        try:
            names.add(check_name(identity_name(login), "identity"))
        except PersonUnknown:
            names.add(f"none for {login}")
    assert len(names) == 2


def test_no_login_can_be_the_name_that_stands_for_another(house):
    stands = identity_name("rita@bank.example")
    assert identity_name(stands) != stands


def test_a_plain_login_is_the_name_itself():
    for login in ("rita", "r", "rita.muster", "rita-2", "Rita_M", "x" * 64):
        assert identity_name(login) == login


# -- processes ------------------------------------------------------------------------------


def command(workspace, *words: str) -> str:
    """Return what the command prints, in a process of its own."""
    ran = subprocess.run(
        [sys.executable, "-m", "notewright", *words],
        cwd=workspace.root,
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    return ran.stdout


def test_the_command_says_who_one_is_and_who_says_so(workspace, hub, on_hub):
    workspace.identities.me()
    record = json.loads(command(workspace, "identity", "me", "--json"))
    assert (record["name"], record["source"]) == (os_user(), "the operating system")
    assert record["roles"] == ["admin", "data_scientist", "operator"]
    assert record["earlier"] is None
    on_hub("rita")
    record = json.loads(command(workspace, "identity", "me", "--json"))
    assert record["name"] == "rita"
    assert record["source"] == f"the JupyterHub at {Hub(hub.url, 'x').place}"
    assert record["roles"] == []


def test_the_command_tells_how_roles_of_an_earlier_name_come_over(workspace, on_hub):
    workspace.identities.me()
    on_hub("rita")
    said = command(workspace, "identity", "me")
    assert f"you were '{os_user()}' here" in said
    key = said.partition("--key ")[2].partition("`")[0]
    command(workspace, "role", "grant", "rita", "auditor", "--key", key)
    assert "Roles: auditor" in command(workspace, "identity", "me")


def test_a_port_that_nobody_listens_at_is_no_answer(house, monkeypatch):
    house.governance.identities.me()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    monkeypatch.setenv("JUPYTERHUB_API_URL", f"http://127.0.0.1:{port}/hub/api")
    monkeypatch.setenv("JUPYTERHUB_API_TOKEN", "t")
    assert "does not answer" in refused(house)
