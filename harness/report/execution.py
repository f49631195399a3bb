"""Run notebooks on runs: all at once, each in a kernel of its own, nothing written anywhere.

papermill sets the parameters, nbclient executes. Both come with the extra ``lab``.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from papermill.iorw import load_notebook_node
from papermill.parameterize import parameterize_notebook

from harness.errors import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping, Sequence
    from pathlib import Path

    Told = Callable[[str, int, int], None]
    """Given the name of a notebook, how many of its cells are done, and of how many."""

KERNEL: Final = "python3"
CELL_TIMEOUT_S: Final = 600
INJECTED: Final = "injected-parameters"
"""How papermill tags the cell that it adds."""
_LOOK_EVERY_S: Final = 0.2


@dataclass(frozen=True)
class Executed:
    """A notebook with its outputs. `failed` says in a line why it did not come to its end."""

    name: str
    notebook: Any
    failed: str | None


def execute(
    paths: Sequence[Path],
    parameters: Mapping[str, Any],
    *,
    folder: Path,
    told: Told,
    environment: Mapping[str, str] | None = None,
) -> list[Executed]:
    """Execute the notebooks at `paths` with `parameters`, with `folder` as their working folder.

    A notebook that fails comes back with what it had shown until then. Kernels get `environment` on top
    of this process's own. Raises `InvalidInputError` for a file that is no notebook.
    """
    prepared = [(path.stem, _prepared(path, parameters)) for path in paths]
    extra = {**os.environ, **(environment or {})}
    return _interruptible(lambda: _execute_all(prepared, folder, told, extra))


def _prepared(path: Path, parameters: Mapping[str, Any]) -> Any:
    try:
        notebook = load_notebook_node(str(path))
    except (OSError, ValueError) as error:
        raise InvalidInputError(f"{path} is no notebook: {error}") from error
    return parameterize_notebook(notebook, dict(parameters), kernel_name=KERNEL, language="python")


def _interruptible(work: Callable[[], Coroutine[Any, Any, list[Executed]]]) -> list[Executed]:
    """Run `work` beside the main thread, so that Ctrl-C is ours and not nbclient's.

    nbclient takes over the signal and kills its kernel, which then looks like a notebook that failed.
    """
    begun: Future[tuple[asyncio.AbstractEventLoop, asyncio.Task[Any]]] = Future()

    async def main() -> list[Executed]:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - this is one
        begun.set_result((asyncio.get_running_loop(), task))
        return await work()

    with ThreadPoolExecutor(1) as beside:
        done = beside.submit(lambda: asyncio.run(main()))
        try:
            while True:
                try:
                    return done.result(timeout=_LOOK_EVERY_S)
                except TimeoutError:
                    if done.done():
                        raise
        except KeyboardInterrupt:
            loop, task = begun.result()
            loop.call_soon_threadsafe(task.cancel)
            raise


async def _execute_all(
    prepared: Sequence[tuple[str, Any]], folder: Path, told: Told, environment: Mapping[str, str]
) -> list[Executed]:
    at_once = asyncio.Semaphore(os.cpu_count() or 1)
    async with asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(_execute_one(name, notebook, folder, told, environment, at_once))
            for name, notebook in prepared
        ]
    return [task.result() for task in tasks]


async def _execute_one(
    name: str,
    notebook: Any,
    folder: Path,
    told: Told,
    environment: Mapping[str, str],
    at_once: asyncio.Semaphore,
) -> Executed:
    cells = len(notebook.cells)

    def tell(cell_index: int, **_: Any) -> None:
        told(name, cell_index + 1, cells)

    failed: str | None = None
    async with at_once:
        told(name, 0, cells)
        client = NotebookClient(
            notebook,
            kernel_name=KERNEL,
            timeout=CELL_TIMEOUT_S,
            resources={"metadata": {"path": str(folder)}},
            on_cell_complete=tell,
            shutdown_kernel="immediate",  # it has nothing to save, and may be asleep
        )
        try:
            await client.async_execute(env=dict(environment), stderr=subprocess.DEVNULL)
        except CellExecutionError as error:
            failed = f"{error.ename}: {error.evalue}" if error.evalue else str(error.ename)
        except CellTimeoutError:
            failed = f"a cell took more than {CELL_TIMEOUT_S} s"
        except DeadKernelError:
            failed = "its kernel died; a lack of memory does that"
        if failed is not None:
            told(name, cells, cells)
    return Executed(name, notebook, failed)
