"""Whether an outsider could decide what runs: by a model, a file, a package or a line of code."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar

from notewright.governance.checks.base import OF_NOTEBOOKS, Check, Finding, Option
from notewright.governance.checks.cell_code import codes, imported_modules
from notewright.governance.checks.counting import number
from notewright.governance.checks.data_pickles import look_at_files
from notewright.governance.checks.licences import (
    distributions_of,
    forbidden_part,
    licence_of,
    normal,
)
from notewright.governance.checks.material import Material
from notewright.governance.checks.pickle_files import Looked
from notewright.governance.checks.pickle_names import sort_names
from notewright.governance.checks.project import is_own, own_modules, recorded_packages
from notewright.governance.checks.requirement_files import (
    RequirementFile,
    Requirements,
    installed_in,
    requirements_of,
    unpinned,
)
from notewright.governance.checks.risky_code import risks
from notewright.governance.checks.stored_model import look_at_model, signature_problem

#: So many names are listed in a sentence.
_SHOWN = 6


class Pickles(Check):
    """Reads what the stored model and pickled data files would import, without loading them."""

    name = "security.pickles"
    summary = "Neither the model nor a pickled data file runs something when it is loaded."
    options: ClassVar[Mapping[str, Option]] = {
        "trusted": Option((), "Modules whose classes may be in pickles, besides the usual ones."),
        "max_mb": Option(512, "So much may come out of one file, in millions of bytes.", minimum=1),
    }

    def run(self, material: Material, options: Mapping[str, Any]) -> Iterable[Finding]:
        """Judge the model, then each file; a file without pickles is not mentioned."""
        own = {*options["trusted"], *own_modules(material)}
        limit = int(options["max_mb"]) * 1_000_000
        model = look_at_model(material, limit)
        yield from self._judged("The stored model", "model", model, own, of_model=True)
        for path, looked in look_at_files(material, limit):
            if looked is None:
                yield self.finding(
                    False,
                    f"'{path}' is not the file any more that the notebook read, so what it would "
                    "have run is not known.",
                    remedy="Put that file back, or train the model again with the file as it is.",
                    severity="warning",
                    subject=path,
                )
            elif looked.pickles or looked.problem:
                yield from self._judged(f"'{path}'", path, looked, own)

    def _judged(
        self, what: str, subject: str, looked: Looked, own: set[str], of_model: bool = False
    ) -> Iterator[Finding]:
        found = sort_names(looked.names, own)
        more = {"subject": subject, "details": {"names": sorted(n.path for n in looked.names)}}
        if found.dangerous:
            yield self.finding(
                False,
                f"{what} names {_listed(found.dangerous)}: loading it runs or reaches what its "
                "maker chose.",
                remedy="Do not load it. Get the data in a format that holds data alone (Parquet, "
                "CSV, safetensors), and ask whoever made the file.",
                **more,
            )
        elif looked.problem:
            yield self.finding(
                False,
                f"{what} could not be looked at to its end ({looked.problem}), so it is not known "
                "what loading it would do.",
                remedy="Get the data in a format that holds data alone, or raise `max_mb` if it "
                "is yours and merely large.",
                **more,
            )
        elif found.unknown:
            yield self.finding(
                False,
                f"{what} names {_listed(found.unknown)}, from modules that are not known here.",
                remedy="List the modules under `trusted` if you know what their classes do when "
                "they are loaded.",
                severity="warning",
                **more,
            )
        elif found.code and not of_model:
            yield self.finding(
                False,
                f"{what} carries functions of its own ({_listed(found.code)}): they run here.",
                remedy="Keep functions in cells or modules, and data in a format that holds data "
                "alone.",
                severity="warning",
                **more,
            )
        else:
            names = number(len(looked.names), "name")
            yield self.finding(
                True,
                f"{what} refers to {names}, all of well-known libraries or the project itself.",
                subject=subject,
            )


class Signature(Check):
    """Verifies that a registered key signed the version, its snapshot and its stored bytes."""

    name = "security.signature"
    summary = "The model is signed by somebody registered here, and is what they signed."

    def run(self, material: Material, options: Mapping[str, Any]) -> Iterable[Finding]:
        """Follow the signatures from the version's record down to its bytes."""
        problem, signer = signature_problem(material)
        if problem:
            yield self.finding(
                False,
                f"This model version cannot be vouched for: {problem}.",
                remedy="Do not load it. Train the model again and register that run, or copy the "
                "store back from a backup.",
                subject="model",
            )
        else:
            yield self.finding(
                True, f"The version, its snapshot and its stored bytes are as {signer} signed them."
            )


class Dependencies(Check):
    """Compares requirement files, cells that install, and the packages that the run had."""

    name = "security.dependencies"
    subjects = OF_NOTEBOOKS
    summary = "Requirement files and cells fix the versions of the packages that are used."
    severity = "warning"
    acceptable = True

    def run(self, material: Material, options: Mapping[str, Any]) -> Iterable[Finding]:
        """Name what is not fixed, not named, or another version than the run had."""
        cells = codes(material.cells)
        requirements = requirements_of(material.folders)
        packages = recorded_packages(material)
        findings = [
            *(
                f
                for file in requirements.files
                for f in self._of_file(file, requirements, packages)
            ),
            *(f for code in cells for f in self._of_cell(code)),
            *self._not_named(requirements, material, cells),
        ]
        yield from findings
        if not findings:
            yield self.finding(True, _all_fixed(requirements, packages))

    def _of_file(
        self, file: RequirementFile, requirements: Requirements, packages: Mapping[str, str]
    ) -> Iterator[Finding]:
        loose = [] if requirements.lock else unpinned(file.wanted)
        if loose:
            yield self.finding(
                False,
                f"{file.path} leaves the version open of {_listed([w.text for w in loose])}: what "
                "is installed tomorrow may be another one.",
                remedy="Write `==` and the version that the run had, or keep a lock file "
                "(`uv lock`, `pip freeze`).",
                subject=file.path,
                metric="open_requirements",
                value=float(len(loose)),
                threshold=0.0,
                details={"packages": [w.name for w in loose]},
            )
        other = [
            f"{w.name} {w.version} (the run had {packages[w.name]})"
            for w in file.wanted
            if w.version and w.name in packages and not _same_version(w.version, packages[w.name])
        ]
        if other:
            yield self.finding(
                False,
                f"{file.path} asks for other versions than the run had: {_listed(other)}.",
                remedy="Install what the file says and train again, or write what the run had.",
                subject=f"{file.path} versions",
                details={"packages": other},
            )

    def _of_cell(self, code: Any) -> Iterator[Finding]:
        loose = unpinned(installed_in(code))
        if loose:
            names = _listed([w.text for w in loose])
            yield self.finding(
                False,
                f"{_capital(code.cell.label)} installs {names} in whatever version is the newest "
                "that day.",
                remedy="Write the version into the line (`%pip install NAME==VERSION`), or move "
                "it into a requirement file.",
                subject=code.cell.label,
                cells=(code.cell.label,),
                details={"packages": [w.name for w in loose]},
            )

    def _not_named(
        self, requirements: Requirements, material: Material, cells: Any
    ) -> Iterator[Finding]:
        if not requirements.files:
            return
        for module, label in imported_modules(cells).items():
            if is_own(module, material):
                continue
            names = {normal(name) for name in distributions_of(module)} or {normal(module)}
            if names & requirements.names or module == "notewright":
                continue
            yield self.finding(
                False,
                f"{_capital(label)} imports {module}, which no requirement file names.",
                remedy=f"Add {sorted(names)[0]} with its version to the requirements.",
                subject=module,
                cells=(label,),
            )


class Licences(Check):
    """Reads the licences of the packages that cells import."""

    name = "security.licences"
    subjects = OF_NOTEBOOKS
    summary = "The packages that cells import have licences, and none that is not wanted."
    severity = "warning"
    acceptable = True
    options: ClassVar[Mapping[str, Option]] = {
        "forbidden": Option(
            ("AGPL", "GPL", "SSPL"), "How the names of licences begin that are not wanted."
        ),
        "allowed": Option((), "Packages that may have any licence, or none."),
    }

    def run(self, material: Material, options: Mapping[str, Any]) -> Iterable[Finding]:
        """Name each package whose licence is not wanted, or that states none."""
        allowed = {normal(name) for name in options["allowed"]}
        looked, clean = 0, True
        for module, label in imported_modules(codes(material.cells)).items():
            if is_own(module, material):
                continue
            for package in distributions_of(module):
                if normal(package) in allowed or normal(package) == "notewright":
                    continue
                looked += 1
                licence = licence_of(package)
                part = forbidden_part(licence, options["forbidden"])
                if licence and not part:
                    continue
                clean = False
                yield self._not_wanted(package, licence, part, label)
        if clean:
            yield self.finding(
                True,
                f"{number(looked, 'imported package').capitalize()} looked at: no licence that "
                "is not wanted.",
            )

    def _not_wanted(self, package: str, licence: str, part: str, label: str) -> Finding:
        return self.finding(
            False,
            f"{package}, which {label} imports, is under {part}: whoever passes on the model's "
            "package may have to pass on its source under that licence too."
            if part
            else f"{package}, which {label} imports, states no licence: nobody is allowed to use "
            "it until its owner says so.",
            remedy="Use another package, ask your lawyers, or list it under `allowed` with good "
            "reason.",
            subject=package,
            cells=(label,),
            details={"licence": licence[:200]},
        )


class RiskyCode(Check):
    """Finds lines of cells that let a file or an address from outside decide what runs."""

    name = "security.code"
    subjects = OF_NOTEBOOKS
    summary = "No cell runs what comes from outside, or downloads it unprotected."
    acceptable = True

    def run(self, material: Material, options: Mapping[str, Any]) -> Iterable[Finding]:
        """Name each cell that does, and how."""
        clean = True
        for risk in risks(codes(material.cells)):
            clean = False
            yield self.finding(
                False,
                f"{_capital(risk.cell)} {risk.words}.",
                remedy=risk.remedy,
                severity=risk.severity,
                subject=f"{risk.kind} in {risk.cell}",
                cells=(risk.cell,),
                details={"kind": risk.kind},
            )
        if clean:
            yield self.finding(
                True,
                f"None of {len(material.cells)} executed cells runs what comes from outside, or "
                "downloads it unprotected.",
            )


def _all_fixed(requirements: Requirements, packages: Mapping[str, str]) -> str:
    if requirements.lock:
        return f"{requirements.lock} fixes the version of every package."
    if requirements.files:
        names = ", ".join(file.path for file in requirements.files)
        return f"{names} fixes the version of every package that cells import."
    if packages:
        return (
            f"There is no requirement file; the run's environment record holds the versions of "
            f"{number(len(packages), 'package')}."
        )
    return "There is no requirement file, and no cell installs a package."


def _same_version(one: str, other: str) -> bool:
    from packaging.version import InvalidVersion, Version

    try:
        first, second = Version(one), Version(other)
    except InvalidVersion:
        return one == other
    # `torch==2.4` allows the build `2.4+cpu`; a file that names a build wants that one.
    return first == second or (not first.local and first.public == second.public)


def _listed(names: Iterable[str]) -> str:
    listed = list(names)
    more = f" and {len(listed) - _SHOWN} more" if len(listed) > _SHOWN else ""
    return ", ".join(listed[:_SHOWN]) + more


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


CHECKS = (Pickles, Signature, Dependencies, Licences, RiskyCode)
