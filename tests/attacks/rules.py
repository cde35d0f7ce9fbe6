"""What every way into Notewright needs: an action of the rules, or a reason why none."""

from __future__ import annotations

READS = "only reads"
LESS = "only reads; restricted columns are left out for those who may not see them, and named"
OWN = "the notebook's own variables, files or runs; it gives no rights"
OWN_RULE = "the workspace's owner registers others, anyone themselves; a refusal is recorded"
OWN_MACHINE = "a list in the user's own folder on this machine"
MAKER = (
    "records one's own work: who recorded or brought a model is its maker, and cannot approve it"
)
SIGNED = "signed by who acts; an entry counts as evidence only if they were allowed what it says"
ANSWERS = "answers a request with a prediction, which is logged; its address is the machine's own"
FILE = "writes a file of the project that any editor could; approvals are of what it says"

#: Each verb, and each word that is a choice of its first argument.
VERBS = {
    "snapshot": OWN, "timeline": READS, "show": READS, "diff": READS, "restore": OWN,
    "autosnapshot on": OWN, "autosnapshot off": OWN, "tag": OWN, "gc": "snapshot.remove",
    "records show": READS, "records move": "records.move",
    "status": READS, "history": READS, "slice": READS, "fsck": READS, "off": OWN,
    "runs": READS, "autorun on": OWN, "autorun off": OWN, "rerun": OWN, "compare": READS,
    "register": "model.register", "models": READS, "alias": "model.register",
    "dataset list": READS, "dataset add": OWN, "dataset show": READS, "dataset diff": READS,
    "dataset use": OWN,
    "mlflow import": "model.register", "mlflow export": "export",
    "check": "check", "gate": "revoke", "approve": "approve",
    "audit verify": READS, "audit list": "audit.read", "audit export": "audit.read",
    "policy init": FILE, "policy show": READS, "policy schema": READS,
    "identity list": READS, "identity me": OWN_RULE, "identity create": OWN_RULE,
    "identity register": OWN_RULE,
    "role list": READS, "role grant": "role.grant", "role revoke": "role.grant",
    "trust": OWN_MACHINE,
    "schema": "check", "explain": "run.read", "mitigate": "check", "dossier": "audit.read",
    "export": "export", "packages": READS,
    "deploy": "deploy", "deployments": READS, "stop": "deploy", "monitor": READS,
    "erase": "predictions.erase", "rollback": "rollback", "retrain": "retrain", "retrace": READS,
}  # fmt: skip

#: Each public method of each service of a workspace, and of the workspace itself.
METHODS = {
    "workspace": {
        **dict.fromkeys(
            ["find", "existing", "policy"], READS
        ),
        **dict.fromkeys(["diff", "monitor", "retrace"], LESS), "retrain": "retrain",
    },
    "snapshots": {
        **dict.fromkeys(
            ["get", "id_of", "check_there", "check_tag", "head", "tags", "list", "count", "needs",
             "check_restorable", "environment", "signature", "document", "withheld_files"], READS
        ),
        **dict.fromkeys(["keeper", "take", "commit", "staying", "stand_on", "tag"], OWN),
        "given": LESS,
        **dict.fromkeys(["load", "bring", "restore", "copy_files"], "data.read"),
    },
    "history": dict.fromkeys(["*"], OWN),
    "retention": {"plan": READS, "default": READS, "carry_out": "snapshot.remove"},
    "runs": {
        **dict.fromkeys(
            ["has", "get", "snapshots_used", "list", "frame", "of_execution", "of_model",
             "load_model", "evaluation", "steps", "rows", "children", "withheld_from_artifact"],
            READS,
        ),
        "compare": LESS, "artifact": "data.read",
        **dict.fromkeys(
            ["start", "record", "take_over", "commit_partial", "commit_finished",
             "keep_artifacts"], MAKER
        ),
    },
    "models": {
        "register": "model.register", "move_alias": "model.register",
        **dict.fromkeys(
            ["get", "list", "find", "load", "signature", "aliases", "alias_at", "alias_moves"],
            READS,
        ),
    },
    "datasets": {
        **dict.fromkeys(
            ["list", "get", "with_content", "of_files", "runs_using", "needs", "is_kept"], READS
        ),
        **dict.fromkeys(["load", "given", "bytes_of", "write", "diff"], "data.read"), "add": OWN,
    },
    "mlflow": {"take": "model.register", "give": "export"},
    "identities": {
        **dict.fromkeys(
            ["load_key", "get", "list", "workspace", "owner", "confirm", "person", "earlier",
             "is_trusted", "require_trusted"], READS
        ),
        "me": OWN_RULE, "create": OWN_RULE, "register": OWN_RULE, "trust": OWN_MACHINE,
    },
    "roles": {
        **dict.fromkeys(
            ["of", "all", "grants", "allows", "permits", "permitted_at", "require", "permit",
             "resource"], READS
        ),
        "grant": "role.grant", "revoke": "role.grant",
    },
    "restricted": {"refuse": "data.read", "now": READS},
    "checks": {
        "run": "check", "infer_schema": "check", **dict.fromkeys(["get", "latest", "list"], LESS),
    },
    "gates": {
        "require": "deploy", "revoke": "revoke",
        **dict.fromkeys(["evaluate", "revoked", "report", "standing"], READS),
    },
    "approvals": {
        "sign": "approve", **dict.fromkeys(["get", "list", "used", "problem", "genuine"], READS)
    },
    "explanations": {"of": "run.read"},
    "mitigation": {"propose": "check"},
    "dossiers": {"collect": "audit.read", "written": "audit.read"},
    "audit": {
        "append": SIGNED, "publish": SIGNED, "export": "audit.read",
        **dict.fromkeys(
            ["head", "inside_heads", "outside_heads", "heads_of_others", "list", "verify"], READS
        ),
    },
    "packages": {
        "export": "export", "retrain": "retrain", "copy": "data.read",
        **dict.fromkeys(["get", "list", "snapshots_used", "verify"], READS),
    },
    "deployments": {
        "deploy": "deploy", "rollback": "rollback", "stop": "deploy",
        "erase": "predictions.erase",
        **dict.fromkeys(
            ["get", "list", "history", "version_of", "path_of"], READS
        ),
        "log": LESS, "logs": LESS,
    },
}  # fmt: skip

#: Each method and path of the prediction server.
SERVED = {
    **dict.fromkeys(
        [
            "GET /v2/health/live", "GET /v2/health/ready", "GET /metrics", "GET /v2",
            "GET /v2/models/{name}", "GET /v2/models/{name}/ready",
            "GET /v2/models/{name}/versions/{version}",
            "GET /v2/models/{name}/versions/{version}/ready",
        ],
        READS,
    ),
    "POST /v2/models/{name}/infer": ANSWERS,
    "POST /v2/models/{name}/versions/{version}/infer": ANSWERS,
}  # fmt: skip

#: Each method and path of the Jupyter server's part, below `notewright/api/`.
PANEL = {
    **dict.fromkeys(
        [
            "GET status", "GET timeline", "GET diff", "GET snapshots/(?P<item>[^/]+)", "GET runs",
            "GET compare", "GET checks", "GET packages", "GET deployments", "GET changes",
            "GET models", "GET exports", "GET exports/(?P<item>[0-9a-f]+)",
        ],
        READS,
    ),
    "POST exports": "export",
    "POST exports/(?P<item>[0-9a-f]+)": "export",
    "DELETE exports": OWN,
    "DELETE exports/(?P<item>[0-9a-f]+)": OWN,
}  # fmt: skip

#: Each word that the panel may say to the kernel over its comm.
COMM = {"snapshot": OWN, "restore": OWN, "export": "export"}
