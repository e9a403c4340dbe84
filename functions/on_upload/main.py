"""A finished upload starts its run. Cloud Storage says so at least once, in any order: the run's id comes from the
upload's own name and generation, so that every repetition finds the first one's run."""

import functions_framework
from cloudevents.http import CloudEvent

from functions.on_upload.events import FinalizedObject
from functions.on_upload.start import receive
from shared.telemetry import configure_logging
from shared.wiring import services


@functions_framework.cloud_event
def on_upload(event: CloudEvent) -> None:
    """Record the upload and start its workflow. Raises what a later delivery may mend, returns for what none can."""
    configure_logging()
    receive(FinalizedObject.model_validate(event.get_data()), services())
