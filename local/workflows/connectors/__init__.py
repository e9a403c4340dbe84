"""Connectors: calls of Google Cloud APIs by name, with authentication, retries and waiting built in.

`connectors.yaml` is the table; one entry adds one connector.
"""

from local.workflows.connectors.table import Connector, ConnectorTable, Waiting

__all__ = ["Connector", "ConnectorTable", "Waiting"]
