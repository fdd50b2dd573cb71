"""snac2, a small real ActivityPub server with the Mastodon API: found on the PATH, or fetched from Debian's backports.

The backports' address is derived from the machine's own apt configuration, so that a mirror or a proxy set there is
used; the package is unpacked under the build directory and the machine's sources and packages stay as they are.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from pathlib import Path

from infra.servers.process import Missing

_KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")


def find_or_fetch(build: Path) -> Path:
    """The snac program. Raises Missing with one sentence when it can be neither found nor fetched."""
    on_path = shutil.which("snac")
    if on_path:
        return Path(on_path)
    program = build / "root" / "usr" / "bin" / "snac"
    if not program.exists():
        _fetch(build)
    _require_libraries(program)
    return program


def carried(directory: Path) -> bool:
    """Whether the server has carried everything that was written on it to those it is for.

    What people of one snac2 write to each other goes through its own front door, and it names what waits there by the
    microsecond: of two messages that arrive in the same one, one is lost. Who writes when nothing is under way loses
    none.
    """
    waiting = [*directory.glob("queue/*.json"), *directory.glob("user/*/queue/*.json")]
    return not any(float(each.stem) <= time.time() for each in waiting)


def _fetch(build: Path) -> None:
    codename = _codename()
    if codename is None or not shutil.which("apt-get"):
        raise Missing("snac is not on the PATH, and this machine is not a Debian from whose backports it could be had")
    apt = build / "apt"
    for folder in ("lists/partial", "cache/archives/partial", "etc"):
        (apt / folder).mkdir(parents=True, exist_ok=True)
    signed_by = f"[signed-by={_KEYRING}] " if _KEYRING.exists() else ""
    sources = [f"deb {signed_by}{uri} {codename}-backports main" for uri in _repositories(codename)]
    if not sources:
        raise Missing(f"snac is not on the PATH, and apt knows no repository of {codename} whose backports hold it")
    (apt / "etc" / "sources.list").write_text("\n".join(sources) + "\n")
    options = [
        f"-oDir::Etc::sourcelist={apt / 'etc' / 'sources.list'}",
        "-oDir::Etc::sourceparts=-",
        f"-oDir::State::lists={apt / 'lists'}",
        f"-oDir::Cache={apt / 'cache'}",
        "-oAcquire::http::Timeout=20",
        "-oAcquire::https::Timeout=20",
        "-oAPT::Sandbox::User=root",
        "-oAcquire::IndexTargets::deb::DEP-11::DefaultEnabled=false",
    ]
    download = build / "download"
    shutil.rmtree(download, ignore_errors=True)
    download.mkdir(parents=True)
    _apt(["apt-get", *options, "update"], cwd=build)
    _apt(["apt-get", *options, "download", "snac2"], cwd=download)
    packages = list(download.glob("snac2_*.deb"))
    if not packages:
        raise Missing(f"the backports of {codename} have no package snac2")
    unpacked = build / "root.new"
    shutil.rmtree(unpacked, ignore_errors=True)
    _apt(["dpkg-deb", "-x", str(packages[0]), str(unpacked)], cwd=build)
    shutil.rmtree(build / "root", ignore_errors=True)
    unpacked.rename(build / "root")


def _apt(command: list[str], cwd: Path) -> None:
    try:
        subprocess.run(command, cwd=cwd, check=True, capture_output=True, text=True, timeout=180)
    except subprocess.CalledProcessError as error:
        lines = (error.stderr or error.stdout or "").strip().splitlines()
        raise Missing(f"snac could not be fetched: {lines[-1] if lines else 'apt failed'}") from None
    except subprocess.TimeoutExpired:
        raise Missing("snac could not be fetched: apt did not end within three minutes") from None


def _codename() -> str | None:
    try:
        lines = Path("/etc/os-release").read_text().splitlines()
    except OSError:
        return None
    values = dict(line.split("=", 1) for line in lines if "=" in line)
    if values.get("ID", "").strip('"') != "debian":
        return None
    return values.get("VERSION_CODENAME", "").strip('"') or None


def _repositories(codename: str) -> list[str]:
    """The addresses from which this machine takes the main component of its own release."""
    answer = subprocess.run(
        [
            "apt-get",
            "indextargets",
            "--no-release-info",  # also where no index was downloaded yet, as in a fresh container
            "--format",
            "$(REPO_URI) $(RELEASE) $(COMPONENT)",
            "Created-By: Packages",
        ],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    found = []
    for line in answer.stdout.splitlines():
        uri, release, component = [*line.split(), "", "", ""][:3]
        if release == codename and component == "main" and uri not in found:
            found.append(uri)
    return found


def _require_libraries(program: Path) -> None:
    """snac needs libcurl and libssl. As root, what is missing is installed by apt; otherwise the sentence names it."""
    missing = _missing_libraries(program)
    if missing and os.geteuid() == 0:
        package = "libcurl4" if shutil.which("apt-get") else ""
        if package:
            _apt(["apt-get", "update"], cwd=program.parent)
            _apt(["apt-get", "install", "-y", "--no-install-recommends", package], cwd=program.parent)
        missing = _missing_libraries(program)
    if missing:
        raise Missing(f"snac needs {', '.join(missing)}, which this machine does not have (Debian: libcurl4)")


def _missing_libraries(program: Path) -> list[str]:
    answer = subprocess.run(["ldd", str(program)], capture_output=True, text=True, timeout=20, check=False)
    return [line.split("=>")[0].strip() for line in answer.stdout.splitlines() if "not found" in line]
