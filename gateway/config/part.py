"""What every part of the configuration's shape is made of."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict


def written(text: Any) -> Any:
    """A default as an operator would write it; it is validated like any other input."""
    return text


class Part(BaseModel):
    """A mapping of known keys: any other key is a fault."""

    model_config = ConfigDict(extra="forbid", validate_default=True, populate_by_name=False)
