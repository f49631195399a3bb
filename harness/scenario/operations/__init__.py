"""The operations of a scenario file, by kind.

Checks between the parts of a scenario, factors and platforms go by what each kind declares about
itself, so a new kind is a model here and a step in `harness.run.steps`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Final, get_args

from pydantic import Field

from harness.scenario.operations.base import OperationBase
from harness.scenario.operations.files import ClearReadOnly, Open, Read, RemoveFile
from harness.scenario.operations.new_names import Junction, MakeDirectory, Symlink
from harness.scenario.operations.programs import AddResource, Start
from harness.scenario.operations.renames import CopyReplace, Rename, WriteReplace
from harness.scenario.operations.trees import Place, Remove, Rewrite
from harness.scenario.operations.writes import CopyOnto, CopyTruncate, Write

AnyOperation = (
    Rename
    | WriteReplace
    | CopyReplace
    | Place
    | Remove
    | Rewrite
    | AddResource
    | Read
    | RemoveFile
    | CopyOnto
    | CopyTruncate
    | Start
    | Open
    | Write
    | ClearReadOnly
    | MakeDirectory
    | Symlink
    | Junction
)
OperationSpec = Annotated[AnyOperation, Field(discriminator="kind")]

for _model in get_args(AnyOperation):
    _model.model_rebuild(_types_namespace={"OperationSpec": OperationSpec})

OPERATION_MODELS: Final[Mapping[str, type[OperationBase]]] = {
    get_args(model.model_fields["kind"].annotation)[0]: model for model in get_args(AnyOperation)
}
"""The model of each kind."""
