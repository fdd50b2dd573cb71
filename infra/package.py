"""`make package`: what goes to AWS, built and checked, in build/package.

Chalice takes the wheels of the interpreter it runs in and leaves out those it cannot use with no more than a warning,
so the result is looked at: every requirement is in the archive, it fits Lambda's limit, and every handler the template
names imports in a clean interpreter from the archive alone. Where no Python 3.13 can be found the wheels are looked at
by their tags instead.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any

from infra.local.package import PROJECT, REGION, chalice_package
from infra.template import TemplateError, complete, handlers, made_up_environment, pieces

RUNTIME = "3.13"
PLATFORMS = ("manylinux2014_x86_64", "manylinux_2_17_x86_64", "manylinux_2_27_x86_64", "manylinux_2_28_x86_64")
"""What a wheel may be built for to run on Lambda's python3.13 (Amazon Linux 2023, glibc 2.34)."""
LARGEST_UNPACKED = 250 * 1024 * 1024
"""Lambda's limit for a function's code and layers, unpacked."""


class PackageError(Exception):
    """Why the package must not go to AWS, in a sentence."""


def find_python(version: str = RUNTIME) -> str | None:
    """An interpreter of that version on the PATH or under pyenv that really starts, or None."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    candidates = [str(path / "bin" / "python") for path in sorted(pyenv.glob(f"{version}*"), reverse=True)]
    on_path = shutil.which(f"python{version}")
    if on_path:
        candidates.append(on_path)
    for candidate in candidates:
        try:
            asked = subprocess.run(
                [candidate, "-c", "import sys, venv; print('%d.%d' % sys.version_info[:2])"],
                capture_output=True,
                text=True,
                timeout=20,
                check=False,
            )
        except OSError:
            continue
        if asked.returncode == 0 and asked.stdout.strip() == version:
            return candidate
    return None


def requirements(path: Path) -> dict[str, str]:
    """Names (normalised) and versions of a locked requirements file."""
    pins = re.findall(r"^([A-Za-z0-9_.-]+)(?:\[[^\]]*\])?==([^\s;\\]+)", path.read_text(), re.M)
    return {normalised(name): version for name, version in pins}


def normalised(name: str) -> str:
    """A distribution's name as its .dist-info folder spells it."""
    return re.sub(r"[-_.]+", "_", name).lower()


def check_archive(archive: Path, wanted: dict[str, str]) -> int:
    """Look at a package: nothing left out, nothing foreign, not too large; returns its size unpacked in bytes.

    Raises PackageError.
    """
    with zipfile.ZipFile(archive) as package:
        names = package.namelist()
        size = sum(entry.file_size for entry in package.infolist())
    missing = [name for name, version in wanted.items() if not _has_distribution(names, name, version)]
    if missing:
        raise PackageError(f"chalice left out {', '.join(missing)}: no wheel of it runs on Lambda's Python {RUNTIME}")
    foreign = [name for name in names if re.search(r"\.(dylib|dll|pyd)$|-(darwin|win32)\.so$", name)]
    if foreign:
        raise PackageError(f"the package holds files of another system: {foreign[0]}")
    if size > LARGEST_UNPACKED:
        raise PackageError(f"unpacked it is {size // 2**20} MB, and Lambda takes {LARGEST_UNPACKED // 2**20} MB")
    return size


def _has_distribution(names: list[str], name: str, version: str) -> bool:
    # Chalice keeps each distribution's .dist-info, or the .data of it: its METADATA names the version.
    pattern = re.compile(rf"^([A-Za-z0-9_.]+)-{re.escape(version)}\.dist-info/")
    return any(normalised(found.group(1)) == name for entry in names if (found := pattern.match(entry)))


def check_handlers(archive: Path, template: dict[str, Any], python: str) -> None:
    """Import every handler in a clean interpreter with the unpacked archive alone; raises PackageError."""
    with tempfile.TemporaryDirectory() as folder:
        with zipfile.ZipFile(archive) as package:
            package.extractall(folder)
        for handler in handlers(template):
            module, _, function = handler.rpartition(".")
            code = (
                f"import sys; sys.path.insert(0, {folder!r}); import importlib; "
                f"found = getattr(importlib.import_module({module!r}), {function!r}); assert callable(found)"
            )
            clean = {
                "PATH": os.defpath,
                "AWS_DEFAULT_REGION": REGION,
                "AWS_REGION": REGION,
                "AWS_LAMBDA_FUNCTION_NAME": "parvis",
                **made_up_environment(template),
            }
            # -I: neither the environment's nor the user's packages; -S: none of the interpreter's own either.
            tried = subprocess.run(
                [python, "-I", "-S", "-c", code],
                capture_output=True,
                text=True,
                timeout=120,
                env=clean,
                check=False,
                cwd=folder,
            )
            if tried.returncode:
                raise PackageError(f"the handler {handler} does not import on Lambda:\n{tried.stderr.strip()}")


def check_wheels(requirements_file: Path, folder: Path) -> None:
    """Without a Python 3.13: that every requirement has a wheel for it; raises PackageError."""
    shutil.rmtree(folder, ignore_errors=True)
    platforms = [argument for platform in PLATFORMS for argument in ("--platform", platform)]
    tried = subprocess.run(
        [
            *(sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"),
            *("--only-binary", ":all:", "--no-deps", "--python-version", RUNTIME, "--implementation", "cp"),
            *platforms,
            *("-r", str(requirements_file), "-d", str(folder)),
        ],
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    if tried.returncode:
        raise PackageError(f"a requirement has no wheel for Python {RUNTIME} on Lambda:\n{tried.stderr.strip()}")
    unpacked = sum(sum(e.file_size for e in zipfile.ZipFile(wheel).infolist()) for wheel in folder.glob("*.whl"))
    if unpacked > LARGEST_UNPACKED:
        raise PackageError(f"unpacked the requirements are {unpacked // 2**20} MB, above Lambda's limit")


def tool_environment(python: str, folder: Path) -> str:
    """A virtual environment of that Python with the locked Chalice; returns its Python."""
    inside = folder / "bin" / "python"
    locked = requirements(PROJECT / "requirements-dev.txt")
    wanted = [f"{name}=={locked[name]}" for name in ("chalice", "setuptools", "wheel") if name in locked]
    stamp = folder / "made-of"
    if not stamp.is_file() or stamp.read_text() != f"{python} {wanted}":
        _run([python, "-m", "venv", "--clear", str(folder)])
        # Chalice imports the application to see its routes, so what it imports must be there as well.
        needed = ["-r", str(PROJECT / "requirements.txt"), *wanted]
        _run([str(inside), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *needed])
        stamp.write_text(f"{python} {wanted}")
    return str(inside)


def _run(command: list[str]) -> None:
    tried = subprocess.run(command, capture_output=True, text=True, timeout=900, check=False)
    if tried.returncode:
        raise PackageError(f"{' '.join(command[:4])} ... failed:\n{tried.stdout}{tried.stderr}")


def lint(template: Path) -> None:
    """cfn-lint's opinion of the template; raises PackageError with it when it is not good."""
    tried = subprocess.run(
        [str(Path(sys.executable).parent / "cfn-lint"), "--non-zero-exit-code", "warning", "-t", str(template)],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    if tried.returncode:
        raise PackageError(f"cfn-lint objects:\n{tried.stdout}{tried.stderr}")


def main() -> int:
    """Build and check; the exit status is 1, with a sentence, when the package must not be used."""
    build = PROJECT / "build"
    output = build / "package"
    shutil.rmtree(output, ignore_errors=True)
    build.mkdir(exist_ok=True)
    try:
        python = find_python()
        if python is None:
            print(f"There is no Python {RUNTIME} here, so nothing is built: the wheels are checked by their tags.")
            check_wheels(PROJECT / "requirements.txt", build / "wheels")
            print(f"Every requirement has a wheel for Python {RUNTIME} on Lambda; the handlers were not imported.")
            return 0
        print(f"Building with {python}", flush=True)
        tools = tool_environment(python, build / "python")
        source = _source(build / "source")
        packaged = chalice_package(source, output, python=tools, environment=made_up_environment(pieces()))
        if packaged.returncode:
            raise PackageError(f"chalice refused:\n{packaged.stdout}{packaged.stderr}")
        template = complete(json.loads((output / "sam.json").read_text()))
        (output / "sam.json").unlink()
        written = output / "template.json"
        written.write_text(json.dumps(template, indent=2) + "\n")
        lint(written)
        archive = output / "deployment.zip"
        size = check_archive(archive, requirements(PROJECT / "requirements.txt"))
        check_handlers(archive, template, python)
    except (PackageError, TemplateError) as error:
        print(f"make package: {error}", file=sys.stderr)
        return 1
    count = len(handlers(template))
    print(
        f"{archive.relative_to(PROJECT)}: {archive.stat().st_size / 2**20:.1f} MB, {size / 2**20:.1f} MB unpacked; "
        f"{count} handlers import on a clean Python {RUNTIME}; cfn-lint has nothing against the template"
    )
    return 0


def _source(folder: Path) -> Path:
    """A copy of what Chalice packages, so that it writes nothing into the project."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    ignore = shutil.ignore_patterns("__pycache__", "deployments", "deployed")
    for name in ("app.py", "requirements.txt"):
        shutil.copy(PROJECT / name, folder)
    for name in ("chalicelib", ".chalice"):
        shutil.copytree(PROJECT / name, folder / name, ignore=ignore)
    return folder


if __name__ == "__main__":
    sys.exit(main())
