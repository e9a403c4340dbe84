"""The base of every model here: unknown fields are refused and instances do not change once made."""

from pydantic import BaseModel, ConfigDict


class Model(BaseModel):
    """A value: strict about its fields, compared by content, never edited in place (use `model_copy(update=...)`)."""

    model_config = ConfigDict(extra="forbid", frozen=True, ser_json_inf_nan="constants")
