"""The body of a Cloud Storage finalize event: the part of the object resource this project reads."""

from pydantic import BaseModel, ConfigDict, Field


class FinalizedObject(BaseModel):
    """An object whose upload is complete (`google.cloud.storage.object.v1.finalized`). int64 fields are strings."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    bucket: str
    name: str
    generation: str = Field(pattern=r"^\d+$")
    """Changes with every overwrite; part of what names a run."""
    size: int = Field(ge=0)
    """Bytes."""
    content_type: str = Field(default="", alias="contentType")
