"""The package's modules as text, from a plan."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterable, Sequence
from numbers import Integral
from typing import Any

from notewright.errors import ExportFailed
from notewright.packaging.effects import free_names, read_first
from notewright.packaging.pieces import Context, Pieces
from notewright.packaging.plan import Plan
from notewright.packaging.render import indented, unparse
from notewright.packaging.rows_as_file import reading_call

#: What `pipeline.py` calls by these names.
_STAGES = {"load", "prepare", "train", "evaluate", "run", "save", "describe", "made"}
_STAGES |= {"prepared", "metrics", "json", "os", "tempfile", "stages"}
_TYPES = {"frame": "pd.DataFrame", "series": "pd.Series", "array": "np.ndarray"}


def modules(plan: Plan, context: Context) -> dict[str, str]:
    """Return the text of each module under ``src/<name>/``, by its path there."""
    return Emitter(plan, context).modules()


class Emitter(Pieces):
    """Writes the modules, one by one."""

    def modules(self) -> dict[str, str]:
        """Return the text of each module, by its path."""
        plan, context = self.plan, self.context
        derived = plan.derived
        features = derived.problem is None
        learned = list(derived.learned) if features else []
        common = {"name": context.name, "prefix": context.prefix, "suffix": context.suffix}
        described = [{"name": v.name, "kind": v.kind, "doc": self._about(v)} for v in learned]
        estimators = [v for v in described if v["kind"] == "estimator"]
        values = [v for v in described if v["kind"] != "estimator"]
        made = {
            "__init__.py": f'"""{context.description}"""\n',
            "__main__.py": f'"""Run the command as ``python -m {context.name}``."""\n\n'
            f"from {context.name}.cli import main\n\nraise SystemExit(main())\n",
            "py.typed": "",
            "settings.py": self._render(
                "settings",
                **common,
                settings=plan.lifted.settings,
                lists=any(isinstance(s.default, tuple) for s in plan.lifted.settings),
            ),
            "rows.py": self._render("rows", **common, features=features, labels=self._labels()),
            "artifacts.py": self._render(
                "artifacts",
                **common,
                format=context.format,
                trusted=list(context.trusted),
            ),
            "predict.py": self._render(
                "predict",
                **common,
                features=features,
                proba=context.proba,
                answer=context.answer,
            ),
            "batch.py": self._render("batch", **common, features=features),
            "cli.py": self._render(
                "cli",
                **common,
                features=features,
                command=context.command,
                description=context.description,
            ),
            "stages/__init__.py": '"""The stages of the pipeline."""\n',
            "stages/load.py": self._load(common),
            "stages/prepare.py": self._prepare(common, described),
            "stages/train.py": self._train(common),
            "stages/evaluate.py": self._evaluate(common),
            "pipeline.py": self._pipeline(common, bool(described)),
        }
        if features:
            made["features.py"] = self._features(common, bool(described))
        if described:
            made["learned.py"] = self._render(
                "learned", **common, learned=described, values=values, estimators=estimators
            )
        if "categories" in derived.helpers:
            made["categories.py"] = self._render("categories", **common)
        if self.helpers:
            made["helpers.py"] = self._helper_module()
        if self.plan.random:
            made["random_numbers.py"] = self._render("random_numbers")
            states = {known.key: known.state for known in self.plan.random}
            made["random_numbers.json"] = json.dumps(states) + "\n"
        beside = ["artifacts", "categories", "helpers", "learned", "pipeline"]
        beside += ["random_numbers", "rows"]
        made["kept.py"] = self._render(
            "kept",
            **common,
            distribution=context.name.replace("_", "-"),
            shared=[name for name in beside if f"{name}.py" in made],
            local=list(context.local),
        )
        return made

    def _labels(self) -> str:
        """Return the raw table's columns that are called by numbers, by their texts, as code."""
        number = self.plan.roles.loads.index(self.plan.main)
        rows = self.plan.replayed.values.get(f"load:{number}")
        labels = [c for c in getattr(rows, "columns", ()) if not isinstance(c, str)]
        if not all(isinstance(label, Integral) for label in labels):
            raise ExportFailed(
                f"The columns of the table that the notebook reads are called {labels[0]!r} and "
                "the like, which no file or request can say.",
                "Call them by texts or whole numbers where it is read: "
                '`df.columns = ["_".join(map(str, c)) for c in df.columns]`.',
            )
        if labels and [int(n) for n in labels] == list(range(len(labels))):
            return f"{{str(number): number for number in range({len(labels)})}}"
        return repr({str(label): int(label) for label in labels}) if labels else ""

    # -- stages -----------------------------------------------------------------

    def _load(self, common: dict[str, Any]) -> str:
        tables = []
        for setting, (load, _, _) in self.plan.data.items():
            main = load is self.plan.main
            name = self.plan.derived.table if main else setting.removesuffix("_data")
            table = {
                "function": "load" if main else f"load_{name}",
                "doc": "the raw table" if main else f"the table `{name}`",
                "address": "",
            }
            if load.made:
                number = self.plan.roles.loads.index(load)
                rows = self.plan.replayed.values[f"load:{number}"]
                table["code"] = unparse(reading_call(setting, rows))
            else:
                call = self.plan.lifted.apply(load.code or load.call)
                table["code"] = unparse(self._with_path(call, setting))
            if load.database is not None:
                prefix = setting.removesuffix("data")
                connect = f"{unparse(load.database.connect)}(settings.{prefix}database)"
                table["address"] = f"settings.{prefix}database"
                table["database"] = f"pd.read_sql_query(settings.{prefix}query, {connect})"
            if load.remote is not None and load.remote.call is not None:
                address = f"settings.{setting.removesuffix('data')}address"
                table |= {"address": address, "database": self._asking(load.remote.call, address)}
            tables.append(table)
        code = "\n".join(t[part] for t in tables for part in ("code", "database") if part in t)
        return self._render(
            "load",
            **common,
            tables=tables,
            imports=self._imports(code),
            shared=self._shared(code),
            remote="storage_options()" in code,
        )

    def _asking(self, call: ast.Call, address: str) -> str:
        """Return the call that reads a table from the address in a setting."""
        opened = ast.keyword("storage_options", ast.parse("storage_options()", mode="eval").body)
        where = ast.parse(address, mode="eval").body
        return unparse(ast.Call(call.func, [where, *call.args], [*call.keywords, opened]))

    def _with_path(self, call: ast.expr, setting: str) -> ast.Call:
        import copy

        assert isinstance(call, ast.Call)
        new = copy.copy(call)
        value = ast.Attribute(ast.Name("settings", ast.Load()), setting, ast.Load())
        named = ("filepath_or_buffer", "path", "io", "path_or_buf")
        if call.args:
            new.args = [value, *call.args[1:]]
        else:
            new.keywords = [
                ast.keyword(k.arg, value) if k.arg in named else k for k in call.keywords
            ]
        return new

    def prepare_parameters(self) -> list[str]:
        """Return what prepare is given, in order."""
        derived = self.plan.derived
        names = [derived.table, *derived.side]
        if "settings." in self._prepare_body():
            names.append("settings")
        return names

    def _prepare_body(self) -> str:
        derived, lines = self.plan.derived, []
        for index in self.plan.roles.prepare:
            if index in derived.train and not self._left_out(index):
                lines.append(self._step(index, derived.train[index]))
        return "\n".join(lines)

    def outputs(self) -> list[str]:
        """Return the names that prepare gives to the later stages."""
        roles = self.plan.roles
        made: dict[str, None] = {}
        for index in roles.prepare:
            for name in self.program.effects[index].binds:
                made[name] = None
        made[self.plan.derived.table] = None
        later = {n for i in [*roles.train, *roles.evaluate] for n in self.program.effects[i].reads}
        later |= {n for m in roles.metrics for n in free_names(m.call)}
        if not roles.metrics or roles.applied is not None:
            later |= free_names(roles.fit_call)
        bound_later = {n for i in roles.train for n in self.program.effects[i].binds}
        bound_later -= read_first([self.program.body[i].node for i in roles.train])
        settings = {*self.plan.lifted.names, *self.plan.lifted.emptied}
        later -= settings | self.helper_names | set(self.program.imports.paths)
        return sorted((n for n in made if n in later - bound_later), key=_split_order)

    def _prepare(self, common: dict[str, Any], learned: list[dict[str, Any]]) -> str:
        body = self._prepare_body()
        outputs = [{"name": n, "type": self._type(n)} for n in self.outputs()]
        parameters = [
            "settings: Settings" if n == "settings" else f"{n}: pd.DataFrame"
            for n in self.prepare_parameters()
        ]
        types = " ".join(o["type"] for o in outputs)
        return self._render(
            "prepare",
            **common,
            imports=self._imports(body + "\n" + types.replace(" ", "\n"), inside=body),
            shared=self._shared(body),
            any_type="Any" in types.split(),
            learned=learned,
            uses_settings="settings" in self.prepare_parameters(),
            outputs=outputs,
            parameters=", ".join(parameters),
            body=indented(self._with_own_imports(body)),
        )

    def train_parameters(self) -> list[str]:
        """Return what train is given, in order."""
        return self._parameters(self._train_body())

    def _train_body(self) -> str:
        return "\n".join(
            self._step(i, [self.program.body[i].node])
            for i in self.plan.roles.train
            if not self._left_out(i)
        )

    def _train(self, common: dict[str, Any]) -> str:
        body = self._train_body()
        return self._render(
            "train",
            **common,
            imports=self._imports(body, inside=body),
            shared=self._shared(body),
            uses_settings="settings" in self.train_parameters(),
            parameters=self._signature(self.train_parameters()),
            body=indented(self._with_own_imports(body)),
            results=", ".join([self.plan.target, *self.trained_besides()]),
            function=self.plan.rule.function if self.plan.rule else "",
        )

    def trained_besides(self) -> list[str]:
        """Return what training makes besides the model and evaluation uses, in order."""
        made = {n for i in self.plan.roles.train for n in self.program.effects[i].binds}
        besides = {self.plan.target, *self.outputs(), *self.helper_names}
        imported = set(self.program.imports.paths)
        return sorted((made & _read_first(self._evaluate_code())) - besides - imported)

    def evaluate_parameters(self) -> list[str]:
        """Return what evaluate is given, in order."""
        return self._parameters(self._evaluate_code())

    def metrics(self) -> list[dict[str, str]]:
        """Return each metric's name and the expression that gives it."""
        roles = self.plan.roles
        found = [
            {"name": m.name, "code": unparse(self.plan.lifted.apply(m.call))} for m in roles.metrics
        ]
        if not found and "metric:score_train" in self.plan.replayed.values:
            x, y = map(unparse, self._fit_arguments())
            found = [{"name": "score_train", "code": f"{self.plan.target}.score({x}, {y})"}]
        return found

    def _fit_arguments(self) -> list[ast.expr]:
        from notewright.packaging.roles import fit_arguments

        return fit_arguments(self.plan.roles.fit_call)

    def _evaluate_body(self) -> str:
        return "\n".join(
            self._step(i, [self.program.body[i].node])
            for i in self.plan.roles.evaluate
            if not self._left_out(i)
        )

    def _evaluate_code(self) -> str:
        return self._evaluate_body() + "\n" + "\n".join(m["code"] for m in self.metrics())

    def _evaluate(self, common: dict[str, Any]) -> str:
        code = self._evaluate_code()
        return self._render(
            "evaluate",
            **common,
            imports=self._imports(code, inside=self._evaluate_body()),
            shared=self._shared(code),
            uses_settings="settings" in self.evaluate_parameters(),
            parameters=self._signature(self.evaluate_parameters()),
            body=indented(self._with_own_imports(self._evaluate_body())),
            metrics=self.metrics(),
        )

    def _pipeline(self, common: dict[str, Any], learned: bool) -> str:
        derived, target = self.plan.derived, self.plan.target
        tables = [
            {"name": _beside_stages(derived.table), "function": "load"},
            *({"name": _beside_stages(n), "function": f"load_{n}"} for n in derived.side),
        ]

        outputs = set(self.outputs())

        def given(names: Iterable[str], trained: Iterable[str] = ()) -> str:
            """Return names as the stage before gives them: prepared, or trained since."""
            prepared = outputs - set(trained)
            each = (f"prepared.{n}" if n in prepared else _beside_stages(n) for n in names)
            return ", ".join(each)

        results = [target, *self.trained_besides()]

        return self._render(
            "pipeline",
            **common,
            onnx=self.context.onnx,
            load_functions=[t["function"] for t in tables],
            tables=tables,
            table=_beside_stages(derived.table),
            target=_beside_stages(target),
            results=", ".join(map(_beside_stages, results)),
            target_columns=derived.target_columns,
            unused=derived.unused,
            prepare_arguments=", ".join(map(_beside_stages, self.prepare_parameters())),
            train_arguments=given(self.train_parameters()),
            evaluate_arguments=given(self.evaluate_parameters(), results),
            learned=learned,
        )

    def _features(self, common: dict[str, Any], learned: bool) -> str:
        derived = self.plan.derived
        lines = [
            self._statement(index, [node])
            for index, node in derived.serve
            if not self._left_out(index)
        ]
        body = "\n".join(lines)
        text = self._render(
            "features",
            **common,
            imports=self._imports(body + "\npd", always=("pd",), inside=body),
            shared=self._shared(body),
            type=self._type(self._model_input()),
            uses_learned=learned,
            table=derived.table,
            stand_ins=derived.stand_ins,
            body=indented(self._with_own_imports(body)),
            result=derived.result,
        )
        if not learned:
            text = text.replace(", learned: Learned | None = None", "")
            line = f"from {self.context.name}.learned import Learned, load_learned\n"
            text = text.replace(line, "")
            about = "What training learned; by default that of the packaged model."
            text = text.replace(f"    learned\n        {about}\n", "")
        return text

    def _model_input(self) -> str:
        return self.plan.fitted

    def _parameters(self, code: str) -> list[str]:
        used = _read_first(code)
        names = [n for n in self.outputs() if n in used]
        target = self.plan.target
        bound = {n for i in self.plan.roles.train for n in self.program.effects[i].binds}
        bound -= {*names, *self.helper_names, *self.program.imports.paths}
        if code is not None and code == self._evaluate_code():
            names = [n for n in sorted(bound & used) if n != target] + names
            if target in used:
                names = [target, *(n for n in names if n != target)]
        if "settings." in code:
            names.append("settings")
        return names

    def _signature(self, names: Sequence[str]) -> str:
        parts = []
        for name in names:
            kind = "Settings" if name == "settings" else self._type(name)
            parts.append(f"{name}: {kind}")
        return ", ".join(parts)


def _read_first(code: str) -> set[str]:
    return read_first(ast.parse(code).body)


def _beside_stages(name: str) -> str:
    """Return a name of the notebook's where the functions of `pipeline.py` have names too."""
    return f"{name}_" if name in _STAGES else name


def _split_order(name: str) -> tuple[int, int, str]:
    """Order the usual names of a split: X before y, train before test."""
    return (not name.lower().startswith("x"), "test" in name.lower(), name)
