"""The embedded cloud: everything production has, on one machine, with the same functions and the same workflow.

    Cloud Storage      local/storage/            Workflows    local/workflows/
    Postgres           local/postgres/           functions    local/functions_host.py, a process of its own
    finalize events    local/storage/finalize    render job   local/jobs.py, a process per job

It starts what is needed in order, and stops it in reverse; whatever ends this process ends them all.
"""

import os
import threading
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg
from google.cloud.workflows.executions_v1 import Execution, ExecutionsClient
from google.cloud.workflows.executions_v1.services.executions.transports import ExecutionsGrpcTransport

from knowledge_base.ingest import ingest
from local.asgi_server import AsgiServer, AsgiServerError
from local.contained import start_contained, stop_contained
from local.functions_host import FUNCTIONS, PUBLIC_KEY_VARIABLE
from local.home import Home
from local.jobs import Jobs
from local.migrations import ROOT, MigrationError, migrate
from local.ports import free_port
from local.postgres import EmbeddedPostgres, PostgresError
from local.recovery import end_abandoned_runs
from local.storage import BucketSettings, FinalizeDelivery, StorageServer, service_account
from local.tokens import TokenSource
from local.workflow_log import WorkflowLog
from local.workflows.executions_server import ExecutionsServer
from shared.chat.postgres import PostgresChat
from shared.embeddings import HASHED_NGRAMS, embedder_named
from shared.settings import Settings
from shared.wiring import Services

PROJECT = "moment-local"
REGION = "asia-northeast1"
UPLOADS_BUCKET = "moment-local-uploads"
MEDIA_BUCKET = "moment-local-media"
WORKFLOW = ROOT / "workflows_yaml" / "coaching.yaml"
JOBS = {"render": "functions.render.main"}
RUN_API = "run.googleapis.com"
DATABASE_CONNECTIONS = 16
LEASE_S = 6.0
"""Shorter than in production: on one machine a dead worker is soon missed."""
HOST_START_TIMEOUT_S = 30.0
INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "PYTHONDONTWRITEBYTECODE", "VIRTUAL_ENV", "LOG_LEVEL")
"""What a child gets of this process's environment; everything else it is told."""


class CloudError(RuntimeError):
    """A part of the embedded cloud did not start; names the part and the cause."""


class EmbeddedCloud:
    """All of it, on one home."""

    def __init__(
        self,
        directory: Path,
        *,
        on_step: Callable[[str], None] = lambda _: None,
        workflow: str | None = None,
        duplicate_events: int = 1,
        shuffle_events: int | None = None,
    ) -> None:
        """Nothing is started yet.

        Args:
            directory: the home.
            on_step: told what is being started, in a few English words.
            workflow: source of the coaching workflow; None: the one in `workflows_yaml/`.
            duplicate_events: how often each finalize event is delivered.
            shuffle_events: seed of a random order of delivery; None: in order.
        """
        self.home = Home(directory)
        self.postgres = EmbeddedPostgres(self.home.postgres)
        """The database server."""
        self._on_step = on_step
        self._workflow = workflow
        self._duplicate_events = duplicate_events
        self._shuffle_events = shuffle_events
        self._stack = ExitStack()
        self._database_url = ""
        self._services: Services | None = None
        self._executions: ExecutionsClient | None = None

    @property
    def services(self) -> Services:
        """What stages and clients use, wired to this cloud."""
        if self._services is None:
            raise CloudError("the embedded cloud is not running. Expected: start() first")
        return self._services

    @property
    def database_url(self) -> str:
        """Of the database; holds its password."""
        return self._database_url

    def start(self) -> None:
        """Start everything.

        Raises:
            DirectoryInUse: another process uses the home.
            CloudError: a part did not start.
            OSError: the home cannot be written.
        """
        try:
            self._start()
        except BaseException as error:
            self._stack.close()
            if isinstance(error, (PostgresError, AsgiServerError, MigrationError, psycopg.Error)):
                raise CloudError(str(error)) from error
            raise

    def stop(self) -> None:
        """Stop everything, the newest first. May be called twice."""
        self._stack.close()
        self._services = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    def execution_is_active(self, name: str) -> bool:
        """Whether this execution still runs."""
        return self._execution(name).state == Execution.State.ACTIVE

    def execution_error(self, name: str) -> str:
        """How a failed execution ended: the error and where it was raised."""
        execution = self._execution(name)
        return f"{execution.state.name}: {execution.error.payload} {execution.error.context}".strip()

    def _execution(self, name: str) -> Execution:
        if self._executions is None:
            raise CloudError("the embedded cloud is not running. Expected: start() first")
        return self._executions.get_execution(name=name)

    def _start(self) -> None:
        enter = self._stack.enter_context
        enter(self.home)
        self._on_step("database")
        enter(self.postgres)
        self._database_url = self.postgres.url
        account = service_account(self.home.directory)
        tokens = TokenSource(account)
        functions_url = f"http://127.0.0.1:{free_port()}"
        self._on_step("storage")
        events = FinalizeDelivery(
            self.home.events,
            target=f"{functions_url}/on_upload",
            token=lambda: tokens.identity_token(f"{functions_url}/on_upload"),
            buckets=frozenset({UPLOADS_BUCKET}),
            duplicate=self._duplicate_events,
            shuffle_seed=self._shuffle_events,
        )
        self._stack.callback(events.stop)
        storage = enter(
            StorageServer(
                self.home.storage,
                public_keys={account.email: account.public_key},
                on_finalize=events.enqueue,
                buckets=[BucketSettings(name=UPLOADS_BUCKET), BucketSettings(name=MEDIA_BUCKET)],
            )
        )
        self._on_step("workflow")
        jobs = Jobs(JOBS, logs=self.home.logs)
        self._stack.callback(jobs.stop)
        jobs_url = enter(AsgiServer(jobs.application, name="jobs")).url
        workflows = enter(
            ExecutionsServer(
                project=PROJECT,
                location=REGION,
                base_urls={RUN_API: jobs_url},
                options={"tokens": tokens, "log": WorkflowLog(self.home.logs / "workflow.log")},
            )
        )
        environment = self._environment(storage.url, workflows.grpc_address, account.path)
        jobs.environment = environment
        source = self._workflow or WORKFLOW.read_text(encoding="utf-8")
        workflows.deployments.deploy("coaching", source, _stages(functions_url))
        self._executions = ExecutionsClient(transport=ExecutionsGrpcTransport(channel=enter(workflows.channel())))
        self._on_step("functions")
        host_ready = self._start_functions(functions_url, {**environment, PUBLIC_KEY_VARIABLE: tokens.public_key})
        self._wire(environment)
        self._on_step("knowledge base")
        self._prepare_database()
        host_ready()
        events.start()

    def _environment(self, storage_url: str, workflows_address: str, key_file: Path) -> dict[str, str]:
        """What a function or a job is told."""
        inherited = {name: os.environ[name] for name in INHERITED if name in os.environ}
        return {
            **inherited,
            "DATABASE_URL": self._database_url,
            "DATABASE_CONNECTIONS": str(DATABASE_CONNECTIONS),
            "UPLOADS_BUCKET": UPLOADS_BUCKET,
            "MEDIA_BUCKET": MEDIA_BUCKET,
            "GOOGLE_CLOUD_PROJECT": PROJECT,
            "GOOGLE_CLOUD_REGION": REGION,
            "GOOGLE_APPLICATION_CREDENTIALS": str(key_file),
            "STORAGE_EMULATOR_HOST": storage_url,
            "WORKFLOWS_EMULATOR_HOST": workflows_address,
            "LEASE_S": str(LEASE_S),
        }

    def _start_functions(self, url: str, environment: dict[str, str]) -> Callable[[], None]:
        """Start the functions' process; the result waits until it accepts requests."""
        log = self.home.logs / "functions.log"
        port = url.rpartition(":")[2]
        process = start_contained("local.functions_host", [port], environment=environment, log=log, read_output=True)
        self._stack.callback(stop_contained, process)

        def wait() -> None:
            said: list[bytes] = []
            assert process.stdout is not None  # noqa: S101  # it was asked for
            reader = threading.Thread(target=lambda: said.append(process.stdout.readline()), daemon=True)  # type: ignore[union-attr]  # see above
            reader.start()
            reader.join(HOST_START_TIMEOUT_S)
            if said != [b"ready\n"]:
                raise CloudError(f"the functions did not start within {HOST_START_TIMEOUT_S:.0f} s; see {log}")

        return wait

    def _wire(self, environment: dict[str, str]) -> None:
        """Services for this process; the official storage client reads its endpoint and key from the environment."""
        for name in ("STORAGE_EMULATOR_HOST", "GOOGLE_APPLICATION_CREDENTIALS"):
            earlier = os.environ.get(name)
            os.environ[name] = environment[name]
            self._stack.callback(_restore, name, earlier)
        fields = {name.lower(): value for name, value in environment.items() if name.lower() in Settings.model_fields}
        self._services = Services(Settings.model_validate(fields))
        self._stack.callback(self._services.database.close)

    def _prepare_database(self) -> None:
        migrate(self._database_url)
        PostgresChat(self.services.database).create_schema()
        with self.services.database.transaction() as connection:
            ingest(connection, embedder_named(HASHED_NGRAMS), reembed=True)
            end_abandoned_runs(connection)


def _stages(functions_url: str) -> dict[str, str]:
    """The workflow's environment: where its stages and its job are."""
    stages = {f"{name.upper()}_URL": f"{functions_url}/{name}" for name in FUNCTIONS if name != "on_upload"}
    return {**stages, "RENDER_JOB": f"projects/{PROJECT}/locations/{REGION}/jobs/render"}


def _restore(name: str, earlier: str | None) -> None:
    if earlier is None:
        os.environ.pop(name, None)
    else:
        os.environ[name] = earlier
