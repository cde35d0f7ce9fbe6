"""check, gate, approve, audit, policy, identity, role, trust."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from notewright.errors import UsageError
from notewright.verbs.acting import actor, key_argument
from notewright.verbs.base import Context, Verb
from notewright.verbs.checked import KINDS, subject_of
from notewright.views.base import Message, View
from notewright.views.governance import (
    AuditView,
    ReportView,
    VerdictView,
    approval_view,
    approvals_view,
    entries_view,
    identities_view,
    me_view,
    policy_view,
    roles_view,
)

_MODEL = "a model (its newest version), or credit_risk@2, or by alias credit_risk@champion"


# -- check -----------------------------------------------------------------------


def _check_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "subject",
        metavar="MODEL|DATA|NOTEBOOK",
        help=f"{_MODEL}; a data frame among the variables, a data file, or a dataset "
        "(applications@2); or a notebook as it is saved (churn.ipynb)",
    )
    parser.add_argument(
        "--against",
        metavar="DATA",
        help="of a table: what it is compared with, such as the rows trained on (drift)",
    )
    parser.add_argument(
        "--as",
        dest="kind",
        choices=KINDS,
        help="what is meant, where several have the name; by default a model",
    )
    parser.add_argument(
        "--policy", metavar="FILE", help="a policy file to use instead of the project's policy.yaml"
    )
    parser.add_argument("--last", action="store_true", help="show the newest report, run nothing")
    parser.add_argument(
        "--write",
        metavar="FILE",
        action="append",
        default=[],
        help="write the report too, as the ending says: .html, .json, .xml (JUnit) or .sarif",
    )
    key_argument(parser)


def _check(args: argparse.Namespace, context: Context) -> View:
    from notewright.governance.policy import load_policy
    from notewright.views.report_files import write_report

    workspace = context.workspace
    subject = subject_of(args.subject, context, args.kind, args.against)
    if args.last:
        report = workspace.checks.latest(subject)
        if report is None:
            return Message(
                f"{args.subject} was not checked yet. `%nw check {args.subject}` does it."
            )
    else:
        policy = load_policy(Path(args.policy)) if args.policy else None
        by = actor(args, context)
        report = workspace.checks.run(subject, policy, actor=by, progress=context.progress)
    for file in args.write:
        write_report(report, Path(file))
    return ReportView(report)


check = Verb(
    "check",
    "Check a model, a table or a notebook against the project's policy.",
    _check_arguments,
    _check,
    "Each finding is a sentence with what to do. Of a model: data quality, leakage, performance, "
    "behaviour, bias, drift, explainability, documentation, privacy, security, reproducibility; of "
    "a table what can be told from it alone, and with `--against` whether it drifted; of a "
    "notebook its code, its outputs and its order. `policy` shows what is asked for.",
)


# -- gate ------------------------------------------------------------------------


def _gate_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("gate", metavar="GATE", help="a gate of the policy: staging, production")
    parser.add_argument("model", metavar="MODEL", help=_MODEL)
    parser.add_argument(
        "--withdraw",
        metavar="REASON",
        help="take back that the version passed: it then needs a new approval",
    )
    key_argument(parser)


def _gate(args: argparse.Namespace, context: Context) -> View:
    workspace = context.workspace
    version = workspace.models.get(args.model)
    if args.withdraw:
        workspace.gates.revoke(args.gate, version, args.withdraw, actor(args, context))
        return Message(
            f"{version.name}@{version.number} is withdrawn from '{args.gate}': {args.withdraw}",
            {"gate": args.gate, "version": version.id},
        )
    return VerdictView(workspace.gates.evaluate(args.gate, version))


gate = Verb(
    "gate",
    "Show what a gate still asks of a model.",
    _gate_arguments,
    _gate,
    "A gate is what policy.yaml wants before a version is used: checks and approvals. `deploy` "
    "asks the gate 'production'.",
)


# -- approve ---------------------------------------------------------------------


def _approve_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", nargs="?", metavar="MODEL", help=_MODEL)
    parser.add_argument("--gate", metavar="GATE", help="the gate it may pass: production")
    parser.add_argument(
        "--note",
        metavar="WORDS",
        default="",
        help="why; needed where findings that did not pass are accepted",
    )
    parser.add_argument(
        "--until", metavar="DATE", help="when the approval ends; by default as the policy says"
    )
    parser.add_argument(
        "--list", action="store_true", help="list the approvals there are; sign nothing"
    )
    key_argument(parser)


def _approve(args: argparse.Namespace, context: Context) -> View:
    workspace = context.workspace
    version = workspace.models.get(args.model) if args.model else None
    if args.list:
        approvals = workspace.approvals.list(version, args.gate)
        return approvals_view([(a, workspace.approvals.used(a)) for a in approvals])
    if version is None or not args.gate:
        raise UsageError(
            "An approval needs a model and a gate.",
            'Write `approve credit_risk --gate production --note "..."`.',
        )
    signer = actor(args, context)
    signed = workspace.approvals.sign(signer, args.gate, version, args.note, args.until)
    return approval_view(signed)


approve = Verb(
    "approve",
    "Sign that a model may pass a gate.",
    _approve_arguments,
    _approve,
    "It takes a person with the role that the gate asks for, who did not make the model.",
)


# -- audit -----------------------------------------------------------------------


def _audit_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", choices=("verify", "list", "export"), help="what to do")
    parser.add_argument("path", nargs="?", metavar="FILE", help="export: the file to write")
    parser.add_argument(
        "--head",
        metavar="FILE",
        help="verify: compare with signatures of the log that were kept elsewhere too, such as a "
        "copy of .notewright/audit.heads",
    )
    parser.add_argument(
        "--every-head",
        action="store_true",
        help="verify: check the signature of every entry, not only the newest",
    )
    parser.add_argument("--act", metavar="ACT", help="list: only this act: deploy, approve, …")
    parser.add_argument(
        "--subject", metavar="NAME", help="list: only acts on this: credit_risk@2, a deployment, …"
    )
    parser.add_argument("-n", "--limit", type=int, default=50, help="list: how many (50)")
    key_argument(parser)


def _audit(args: argparse.Namespace, context: Context) -> View:
    workspace = context.workspace
    if args.action == "verify":
        head = Path(args.head) if args.head else None
        return AuditView(workspace.audit.verify(head, every_head=args.every_head))
    reader = actor(args, context)
    workspace.roles.require(reader, "audit.read")
    if args.action == "list":
        entries = workspace.audit.list(act=args.act, subject=args.subject, limit=args.limit)
        return entries_view(entries)
    if not args.path:
        raise UsageError("The export needs a file.", "Write `audit export audit.json`.")
    path = workspace.audit.export(Path(args.path), reader)
    return Message(f"The audit log is in {path}.", {"path": str(path)})


audit = Verb(
    "audit",
    "Verify, list or export the audit log.",
    _audit_arguments,
    _audit,
    "The log has an entry for every act that changed something and for every refusal; `verify` "
    "finds what was changed in it afterwards.",
)


# -- policy ----------------------------------------------------------------------


def _policy_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "action",
        nargs="?",
        default="show",
        choices=("init", "show", "schema"),
        help="init writes a commented policy.yaml; show (the default) checks the file and shows "
        "what it asks for; schema prints its JSON Schema",
    )


def _policy(args: argparse.Namespace, context: Context) -> View:
    from notewright.governance.checks.registry import all_checks
    from notewright.governance.policy import FILE_NAME, write_template
    from notewright.governance.policy_schema import schema

    path = context.workspace.root / FILE_NAME
    if args.action == "init":
        write_template(path)
        return Message(f"A commented policy is in {path}; edit it.", {"path": str(path)})
    if args.action == "schema":
        known = schema(all_checks())
        return Message(json.dumps(known, indent=2), known)
    return policy_view(context.workspace.policy(), FILE_NAME)


policy = Verb(
    "policy",
    "Write, check and show the project's policy.yaml.",
    _policy_arguments,
    _policy,
    "It says what models are checked for, and what each gate asks.",
)


# -- identity, role, trust -------------------------------------------------------


def _identity_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "action",
        nargs="?",
        default="list",
        choices=("list", "me", "create", "register"),
        help="list (the default) shows who is registered; me says who you are here and who says "
        "so; create makes a key for a person; register takes in a public key that they made",
    )
    parser.add_argument("name", nargs="?", metavar="NAME", help="the person's name")
    parser.add_argument("--key", metavar="FILE", help="create: where to write the private key")
    parser.add_argument("--public", metavar="HEX", help="register: the person's public key")


def _identity(args: argparse.Namespace, context: Context) -> View:
    workspace = context.workspace
    identities = workspace.identities
    if args.action == "list":
        identities.owner()  # the first identity owns the workspace; looking needs no key
        return identities_view(identities.list(), workspace.roles.all())
    me = context.identity or identities.me()
    if args.action == "me":
        earlier = identities.earlier()
        return me_view(me, identities.person(), workspace.roles.of(me.name), earlier)
    if args.action == "create":
        if not (args.name and args.key):
            raise UsageError(
                "A new identity needs a name and a key file.",
                "Write `identity create rita --key rita.key`.",
            )
        made = identities.create(args.name, Path(args.key), me)
        return Message(
            f"'{made.name}' is registered; the private key is in {args.key}. Give the file to "
            "them and keep no copy.",
            {"name": made.name, "public": made.public, "key": args.key},
        )
    if not (args.name and args.public):
        raise UsageError(
            "Registering needs a name and a public key.",
            "Write `identity register rita --public HEX`.",
        )
    found = identities.register(args.name, args.public, me)
    return Message(f"'{found.name}' is registered.", {"name": found.name, "public": found.public})


identity = Verb(
    "identity",
    "List the people who can sign, and register others.",
    _identity_arguments,
    _identity,
    "An identity is a name and a key. Yours is made when you first need it; your name is your "
    "login on the JupyterHub that runs your server, else your user name on this machine.",
)


def _role_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "action",
        nargs="?",
        default="list",
        choices=("list", "grant", "revoke"),
        help="list (the default) shows the roles and who has them; grant gives one; revoke takes "
        "one away",
    )
    parser.add_argument("name", nargs="?", metavar="NAME", help="the person's name")
    parser.add_argument("role", nargs="?", metavar="ROLE", help="risk_officer, operator, …")
    key_argument(parser)


def _role(args: argparse.Namespace, context: Context) -> View:
    from notewright.governance.authority import ROLES

    roles = context.workspace.roles
    if args.action == "list":
        return roles_view(roles.all(), ROLES)
    if not (args.name and args.role):
        raise UsageError(
            f"`role {args.action}` needs a name and a role.",
            f"Write `role {args.action} rita risk_officer`.",
        )
    act = roles.grant if args.action == "grant" else roles.revoke
    act(args.name, args.role, actor(args, context))
    held = ", ".join(sorted(roles.of(args.name))) or "no role"
    return Message(
        f"'{args.name}' now has: {held}.",
        {"name": args.name, "roles": sorted(roles.of(args.name))},
    )


role = Verb(
    "role",
    "List, give and take away roles: who may do what.",
    _role_arguments,
    _role,
)


def _trust_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="a registered identity: `identity` lists them")


def _trust(args: argparse.Namespace, context: Context) -> View:
    found = context.workspace.identities.trust(args.name)
    return Message(
        f"What '{found.name}' (key {found.public[:16]}…) stored may be loaded on this machine.",
        {"name": found.name, "public": found.public},
    )


trust = Verb(
    "trust",
    "Let what somebody else stored be loaded on this machine.",
    _trust_arguments,
    _trust,
    "Loading a snapshot can run code of whoever made it, so only your own are loaded until you "
    "say so.",
)
