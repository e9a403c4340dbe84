"""What workflows log, one JSON line each, in a file."""

import json
import threading
from datetime import UTC, datetime
from pathlib import Path

from local.workflows.values import Value


class WorkflowLog:
    """`sys.log` of every execution, appended to one file."""

    def __init__(self, path: Path) -> None:
        """`path`: made when something is logged."""
        self._path = path
        self._lock = threading.Lock()

    def write(self, execution_name: str, severity: str, payload: Value) -> None:
        """Append one line."""
        line = json.dumps(
            {
                "time": datetime.now(UTC).isoformat(),
                "severity": severity,
                "execution": execution_name.rpartition("/")[2],
                "payload": payload,
            },
            ensure_ascii=False,
            default=str,
        )
        with self._lock, self._path.open("a", encoding="utf-8") as file:
            file.write(line + "\n")
