from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.older_stores import make_older

from notewright.errors import CorruptObject, MissingObject
from notewright.store import Store
from notewright.store.packs import PATCH, PLAIN, XOR


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / ".notewright")


def commit(store: Store, writer) -> None:
    placed = writer.take_placed()
    with store.catalog.transaction() as connection:
        store.objects.record_places(placed, connection)


edits = st.lists(st.tuples(st.integers(0, 3000), st.binary(max_size=20), st.booleans()), max_size=6)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(st.binary(min_size=0, max_size=3000), st.lists(edits, max_size=14))
def test_every_version_of_an_object_that_is_edited_again_and_again_is_got(
    store: Store, data: bytes, versions: list
) -> None:
    writer = store.objects.pack_writer()
    written = [data]
    address = writer.put(data)
    addresses = [address]
    for version in versions:
        now = bytearray(written[-1])
        for at, put, insert in version:
            now[at : at + (0 if insert else len(put))] = put
        address = writer.put(bytes(now), previous=address)
        addresses.append(address)
        written.append(bytes(now))
    commit(store, writer)
    again = Store(store.root).objects
    for address, expected in zip(addresses, written, strict=True):
        assert again.get(address) == expected
        target = bytearray(len(expected))
        again.read_into(address, memoryview(target))
        assert target == expected


def test_an_array_changed_here_and_there_is_stored_as_its_difference(store: Store) -> None:
    writer = store.objects.pack_writer()
    array = np.random.default_rng(0).random(131_072)
    first = writer.put(array.data)
    array[::100] += 1
    second = writer.put(array.data, previous=first)
    place = writer.find(second)
    assert writer.find(first).encoding == PLAIN
    assert place.encoding == XOR
    assert place.length < array.nbytes / 50
    commit(store, writer)
    assert store.objects.get(second) == array.tobytes()


def test_text_with_something_put_in_is_stored_as_a_patch(store: Store) -> None:
    writer = store.objects.pack_writer()
    text = os.urandom(100_000)
    first = writer.put(text)
    second = writer.put(b"new " + text[:50_000] + b"in the middle" + text[50_000:], previous=first)
    assert writer.find(second).encoding == PATCH
    assert writer.find(second).length < 1_000


def test_what_was_never_committed_does_not_exist(store: Store) -> None:
    address = store.objects.pack_writer().put(b"x" * 1000)
    with pytest.raises(MissingObject):
        store.objects.get(address)


def test_every_flipped_byte_of_a_pack_is_noticed(store: Store) -> None:
    writer = store.objects.pack_writer()
    data = os.urandom(300)
    addresses = [writer.put(data), writer.put(b"abc" * 200)]
    addresses.append(writer.put(data[:100] + b"!" + data[100:], previous=addresses[0]))
    writer.sync()
    commit(store, writer)
    (pack,) = (store.root / "objects/packs").iterdir()
    whole = pack.read_bytes()
    places = [writer.find(address) for address in addresses]
    for at in range(len(whole)):
        pack.write_bytes(whole[:at] + bytes([whole[at] ^ 0x10]) + whole[at + 1 :])
        hit = [p for p in places if p.offset <= at < p.offset + p.length]
        assert len(hit) == 1
        with pytest.raises(CorruptObject):
            store.objects.get(hit[0].digest)
    pack.write_bytes(whole)
    for address in addresses:
        store.objects.get(address)


@pytest.mark.sqlite
def test_a_store_from_before_packs_opens(tmp_path: Path) -> None:
    store = Store(tmp_path / ".notewright")
    kept = store.objects.put(b"kept")
    make_older(store, 1)
    again = Store(tmp_path / ".notewright")
    writer = again.objects.pack_writer()
    address = writer.put(b"packed now")
    commit(again, writer)
    assert again.objects.get(kept) == b"kept"
    assert again.objects.get(address) == b"packed now"


@pytest.mark.sqlite
def test_a_store_from_before_collections_opens(tmp_path: Path) -> None:
    store = Store(tmp_path / ".notewright")
    writer = store.objects.pack_writer()
    address = writer.put(b"packed before")
    commit(store, writer)
    make_older(store, 2)
    again = Store(tmp_path / ".notewright")
    again.objects.refresh()
    assert again.objects.get(address) == b"packed before"


def test_what_a_failed_commit_wrote_is_stored_anew_by_the_next(store: Store) -> None:
    writer = store.objects.pack_writer()
    address = writer.put(b"precious" * 100)
    placed = writer.take_placed()

    def fail() -> None:
        with store.catalog.transaction() as connection:
            store.objects.record_places(placed, connection)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    writer.go_back(("", 0))
    assert writer.put(b"precious" * 100) == address
    commit(store, writer)
    assert Store(store.root).objects.get(address) == b"precious" * 100


def test_two_writers_may_store_the_same_object_one_whole_and_one_as_a_difference(
    store: Store,
) -> None:
    common, changed = os.urandom(4000), os.urandom(8)
    shared = common[:2000] + changed + common[2008:]
    other = Store(store.root)
    one, two = store.objects.pack_writer(), other.objects.pack_writer()
    base = one.put(common)
    one.put(shared, previous=base)
    assert one.find(base).depth < one.find(one.put(shared)).depth
    two.put(shared)
    on_top = two.put(shared[:100] + changed + shared[108:], previous=two.put(shared))
    assert two.find(on_top).depth == 1
    commit(store, one)
    commit(other, two)
    for objects in (Store(store.root).objects, other.objects, store.objects):
        assert objects.get(on_top) == shared[:100] + changed + shared[108:]


def test_a_store_with_more_packs_than_may_be_open_is_read(store: Store) -> None:
    import resource

    addresses = []
    for number in range(80):
        writer = store.objects.pack_writer()
        addresses.append(writer.put(b"%d" % number * 50))
        commit(store, writer)
        writer.close()
    again = Store(store.root).objects
    again.get(addresses[0])
    allowed = resource.getrlimit(resource.RLIMIT_NOFILE)
    in_use = max(int(name) for name in os.listdir("/dev/fd"))
    resource.setrlimit(resource.RLIMIT_NOFILE, (in_use + 50, allowed[1]))
    try:
        for number, address in enumerate(addresses):
            assert again.get(address) == b"%d" % number * 50
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, allowed)
