from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from notewright.errors import CorruptObject, MissingObject, StoreUnusable
from notewright.store.objects import ObjectStore


@pytest.fixture
def objects(tmp_path: Path) -> ObjectStore:
    return ObjectStore(tmp_path / "objects")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(st.binary(max_size=400) | st.binary(max_size=3).map(lambda b: b * 5000))
def test_what_is_put_is_got(objects: ObjectStore, data: bytes) -> None:
    address = objects.put(data)
    assert objects.get(address) == data
    assert objects.put(data) == address
    assert address in set(objects)


def test_every_flipped_byte_of_an_object_is_noticed(objects: ObjectStore) -> None:
    for data in (os.urandom(60), b"abc" * 2000):
        path = objects.path(objects.put(data))
        whole = path.read_bytes()
        path.chmod(0o600)
        for at in range(len(whole)):
            path.write_bytes(whole[:at] + bytes([whole[at] ^ 0x40]) + whole[at + 1 :])
            with pytest.raises(CorruptObject):
                objects.get(path.parent.name + path.name)
        path.write_bytes(whole)


def test_incompressible_bytes_are_stored_as_they_are(objects: ObjectStore) -> None:
    noise = os.urandom(200_000)
    assert objects.stored_size(objects.put(noise)) == len(noise) + 1
    assert objects.stored_size(objects.put(b"same " * 40_000)) < 2_000


def test_a_missing_object_is_named(objects: ObjectStore) -> None:
    with pytest.raises(MissingObject, match="abcdef"):
        objects.get("abcdef" + "0" * 58)


def test_a_full_disk_leaves_nothing_half_written(
    objects: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = objects.put(b"kept")

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(StoreUnusable, match="disk is full"):
        objects.put(b"lost")
    monkeypatch.undo()
    assert list(objects) == [kept]
    assert [p for p in objects.root.rglob("*") if p.is_file()] == [objects.path(kept)]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_is_said_so(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(StoreUnusable, match="permission denied"):
        ObjectStore(tmp_path / "objects")
