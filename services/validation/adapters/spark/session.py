"""The configuration of a trial's Spark session: nothing listens beyond this machine, nothing is kept, all is logged."""

from collections.abc import Mapping
from pathlib import Path

# Tasks of a shuffle on one machine: enough to see skew, few enough to be quick.
_LOCAL_PARTITIONS = 8


def configuration(master: str, memory_mib: int, folder: Path, options: Mapping[str, str]) -> dict[str, str]:
    """Spark's properties.

    Args:
        master: "local[2]", "spark://…" or "k8s://…".
        memory_mib: What the driver, and each executor, may take.
        folder: A private folder on this machine for all that Spark writes beside the data.
        options: The operator's own properties, which win.
    """
    local = master.startswith("local")
    found = {
        "spark.app.name": "candor-trial",
        "spark.driver.memory": f"{memory_mib}m",
        "spark.executor.memory": f"{memory_mib}m",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.local.dir": str(folder / "local"),
        "spark.sql.warehouse.dir": (folder / "warehouse").as_uri(),
        "spark.sql.catalogImplementation": "in-memory",
        "spark.driver.extraJavaOptions": f"-Djava.io.tmpdir={folder / 'local'} -Duser.timezone=UTC -XX:-UsePerfData",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
        # What tasks took is read from the log of events.
        "spark.eventLog.enabled": "true",
        "spark.eventLog.dir": (folder / "events").as_uri(),
        "spark.eventLog.compress": "false",
        "spark.eventLog.rolling.enabled": "false",
        # A text such as '${env:HOME}' is a text, and a table is never a file.
        "spark.sql.variable.substitute": "false",
        "spark.sql.runSQLOnFiles": "false",
        # The same number of tasks at every size, so that sizes can be compared and skew is seen.
        "spark.sql.adaptive.coalescePartitions.enabled": "false",
    }
    if local:
        found |= {
            "spark.driver.host": "127.0.0.1",
            "spark.driver.bindAddress": "127.0.0.1",
            # Others on this machine may reach the ports of Spark's, and may do nothing there.
            "spark.authenticate": "true",
            "spark.sql.shuffle.partitions": str(_LOCAL_PARTITIONS),
            "spark.default.parallelism": "2",
        }
    return found | dict(options)
