"""What MLflow takes for the same: started by experiments.py, prints figures as JSON.

python benchmarks/_mlflow_peer.py RUNS FOLDER
"""

from __future__ import annotations

import json
import statistics
import sys
import time

from _timing import timed


def main(count: int, folder: str) -> None:
    began = time.perf_counter()
    import mlflow
    from mlflow.entities import Metric, Param

    imported = 1000 * (time.perf_counter() - began)
    uri = f"sqlite:///{folder}/mlflow.db"
    mlflow.set_tracking_uri(uri)
    client = mlflow.MlflowClient(uri)
    experiment = client.create_experiment("bench", artifact_location=f"file://{folder}/artifacts")

    def one_run(n: int, *, batched: bool) -> float:
        began = time.perf_counter()
        params = {
            f"param_{k:02}": str(n % (k + 2) if k % 2 else f"value {n % (k + 2)}")
            for k in range(20)
        }
        metrics = {f"metric_{k:02}": (n * 7919 % 10_007) / 10_007 + k for k in range(20)}
        run = client.create_run(experiment, run_name=f"run {n}").info.run_id
        if batched:
            client.log_batch(
                run,
                metrics=[Metric(name, value, 0, 0) for name, value in metrics.items()],
                params=[Param(name, value) for name, value in params.items()],
            )
        else:
            for name, value in params.items():
                client.log_param(run, name, value)
            for name, value in metrics.items():
                client.log_metric(run, name, value)
        client.set_terminated(run)
        return 1000 * (time.perf_counter() - began)

    taken = [one_run(n, batched=True) for n in range(count)]
    apart = [one_run(n, batched=False) for n in range(5)]
    order = ["metrics.metric_03 DESC"]
    figures = {
        "import": imported,
        "commit a run of 20 + 20 values, median": statistics.median(taken),
        "commit a run of 20 + 20 values one by one, median": statistics.median(apart),
        f"top 10 of {count} runs": timed(
            lambda: client.search_runs([experiment], order_by=order, max_results=10)
        ),
        f"top 10 of {count} runs, filtered": timed(
            lambda: client.search_runs(
                [experiment], "metrics.metric_03 > 3.5", order_by=order, max_results=10
            )
        ),
        f"all {count} runs in a DataFrame": timed(
            lambda: mlflow.search_runs([experiment], max_results=count + 10), 1
        ),
    }
    print(json.dumps({"mlflow": mlflow.__version__, "milliseconds": figures}))


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
