"""The Workflows service on this machine: deployed sources, their executions, and the APIs the official clients speak.

with ExecutionsServer() as server:
    server.deployments.deploy("hello", source)
    client = ExecutionsClient(transport=ExecutionsGrpcTransport(channel=grpc.insecure_channel(server.grpc_address)))
"""

from local.workflows.executions_server.deployments import Deployments, Revision
from local.workflows.executions_server.server import ExecutionsServer

__all__ = ["Deployments", "ExecutionsServer", "Revision"]
