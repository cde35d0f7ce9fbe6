"""Key files: one Ed25519 private key and the name it was made for, mode 600.

A key never lies in the store. A person's own key is in their configuration
folder, under their name, and is made on first use. Who somebody *is* in a workspace is decided by
the public key that is registered there, not by the name in the file.
"""

from __future__ import annotations

import os
import re
import stat
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from notewright.errors import KeyProblem
from notewright.store.names import check_name

_HEADER = "Notewright-Identity: "


@dataclass(frozen=True)
class Identity:
    """Somebody who can sign.

    Parameters
    ----------
    name : str
        The name they go by.
    public : str
        The Ed25519 public key, 64 hexadecimal digits.
    sign : callable
        Signs bytes with the private key and returns 64 bytes.
    """

    name: str
    public: str
    sign: Callable[[bytes], bytes] = field(repr=False, compare=False)


def config_folder() -> Path:
    """Return the user's configuration folder; it is not created here."""
    import platformdirs

    return platformdirs.user_config_path("notewright")


def os_user() -> str:
    """Return the OS user's name, from the operating system and never from the environment."""
    try:
        import pwd
    except ImportError:  # no such module on Windows
        name = os.getlogin()
    else:
        try:
            name = pwd.getpwuid(os.getuid()).pw_name
        except KeyError:  # a container may run under a number that has no name
            name = f"uid{os.getuid()}"
    cleaned = re.sub(r"[^A-Za-z0-9_-]", "_", name)[:63]
    return cleaned if cleaned[:1].isalpha() else f"u{cleaned}"


def own_key(config: Path | None = None, name: str | None = None) -> Identity:
    """Return a person's own identity, the OS user's by default; its key is made on first use.

    Raises
    ------
    KeyProblem
        If the key cannot be used, or was made for another name.
    """
    name = name or os_user()
    path = own_key_path(config or config_folder(), name)
    if not path.exists():
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            create_key(name, path)
        except FileExistsError:
            pass  # another process made it in the same moment: that one counts
        except OSError as error:
            raise _unusable(path, error) from error
    found = read_key(path)
    if found.name != name:
        raise KeyProblem(
            f"The key file {path} is the key of '{found.name}', not of '{name}'.",
            "Move it to another place: a key of your own is then made here.",
        )
    return found


def own_key_path(config: Path, name: str) -> Path:
    """Return where the own key of `name` is, or would be."""
    return config / "keys" / f"{check_name(name, 'identity')}.key"


def is_held(config: Path, public: str) -> bool:
    """Tell whether one of the keys in the configuration folder has this public half.

    Raises
    ------
    KeyProblem
        If none of the usable ones has, and one cannot be used.
    """
    problem = None
    for path in sorted((config / "keys").glob("*.key")):
        try:
            if read_key(path).public == public:
                return True
        except KeyProblem as error:
            problem = problem or error
    if problem is not None:
        raise problem
    return False


def create_key(name: str, path: Path) -> Identity:
    """Write a new key for `name` to `path`, readable by its owner only.

    Raises
    ------
    FileExistsError
        If there is a file already; a key is never overwritten.
    """
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    check_name(name, "identity")
    pem = Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".key")  # mkstemp makes mode 600
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(f"{_HEADER}{name}\n".encode() + pem)
            file.flush()
            os.fsync(file.fileno())
        os.link(temporary, path)  # unlike a rename, fails if the target exists
    finally:
        Path(temporary).unlink()
    return read_key(path)


def read_key(path: Path) -> Identity:
    """Return the identity whose private key is in `path`.

    Raises
    ------
    KeyProblem
        If the file is missing, not a key, or readable by others.
    """
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    try:
        mode = path.stat().st_mode
        text = path.read_bytes()
    except OSError as error:
        raise _unusable(path, error) from error
    if os.name == "posix" and stat.S_IMODE(mode) & 0o077:
        raise KeyProblem(
            f"The key file {path} can be read by others.", f"Make it private: `chmod 600 {path}`."
        )
    header, _, pem = text.partition(b"\n")
    try:
        if not header.startswith(_HEADER.encode()):
            raise ValueError
        name = check_name(header.decode().removeprefix(_HEADER).strip(), "identity")
        private = serialization.load_pem_private_key(pem, password=None)
        if not isinstance(private, Ed25519PrivateKey):
            raise ValueError
    except (ValueError, TypeError) as error:
        raise KeyProblem(
            f"{path} is not a Notewright key file.",
            "`notewright identity create NAME --key FILE` makes one.",
        ) from error
    public = private.public_key().public_bytes_raw().hex()
    return Identity(name, public, private.sign)


def _unusable(path: Path, error: OSError) -> KeyProblem:
    reason = (error.strerror or str(error)).lower()
    return KeyProblem(
        f"The key file {path} cannot be used: {reason}.",
        "Check the path and the folder's permissions.",
    )
