"""Execute notebooks on runs: all at once, each in a kernel of its own, without writing a file.

papermill sets the parameters, nbclient executes. Both come with the extra ``lab``.
"""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
from collections.abc import Callable, Coroutine, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from papermill.iorw import load_notebook_node
from papermill.parameterize import parameterize_notebook

from harness.errors import InvalidInputError

OnCell = Callable[[str, int, int], None]
"""Called with the name of a notebook, the number of cells that are done, and that of all cells."""

KERNEL: Final = "python3"
CELL_TIMEOUT_S: Final = 600
INJECTED: Final = "injected-parameters"
"""The tag of the cell that papermill adds."""
_POLL_S: Final = 0.2


@dataclass(frozen=True)
class Executed:
    """A notebook with its outputs. `failed`: the reason why it did not finish, in one line."""

    name: str
    notebook: Any
    failed: str | None


def execute(
    paths: Sequence[Path],
    parameters: Mapping[str, Any],
    *,
    folder: Path,
    on_cell: OnCell,
    environment: Mapping[str, str] | None = None,
) -> list[Executed]:
    """Execute the notebooks at `paths` with `parameters`, with `folder` as their working folder.

    A notebook that fails is returned with its outputs until then. Kernels get `environment` on top of
    this process's own. Raises `InvalidInputError` for a file that is not a notebook.
    """
    ready = [(path.stem, prepared(path, parameters)) for path in paths]
    extra = {**os.environ, **(environment or {})}
    return _interruptible(lambda: _execute_all(ready, folder, on_cell, extra))


def prepared(path: Path, parameters: Mapping[str, Any]) -> Any:
    """The notebook at `path` with a cell that sets `parameters` behind the one tagged so.

    Raises `InvalidInputError` for a file that is not a notebook.
    """
    try:
        notebook = load_notebook_node(str(path))
    except (OSError, ValueError) as error:
        raise InvalidInputError(f"{path} is not a notebook: {error}") from error
    return parameterize_notebook(notebook, dict(parameters), kernel_name=KERNEL, language="python")


def is_about_runs(path: Path) -> bool:
    """Whether a notebook takes runs: one with other parameters alone does not.

    A file that is not a notebook counts, so that `prepared` says what it is.
    """
    try:
        cells = load_notebook_node(str(path)).cells
    except (OSError, ValueError):
        return True
    given = [each.source for each in cells if "parameters" in each.metadata.get("tags", ())]
    return not given or any(re.search(r"^runs\b", each, re.MULTILINE) for each in given)


def _interruptible(work: Callable[[], Coroutine[Any, Any, list[Executed]]]) -> list[Executed]:
    """Run `work` in another thread, so that Ctrl-C reaches this one and not nbclient.

    nbclient handles the signal by killing its kernel, which then looks like a notebook that failed.
    """
    started: Future[tuple[asyncio.AbstractEventLoop, asyncio.Task[Any]]] = Future()

    async def main() -> list[Executed]:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - this is one
        started.set_result((asyncio.get_running_loop(), task))
        return await work()

    with ThreadPoolExecutor(1) as beside:
        done = beside.submit(lambda: asyncio.run(main()))
        try:
            while not done.done():
                wait([done], timeout=_POLL_S)
            return done.result()
        except KeyboardInterrupt:
            loop, task = started.result()
            loop.call_soon_threadsafe(task.cancel)
            raise


async def _execute_all(
    prepared: Sequence[tuple[str, Any]], folder: Path, on_cell: OnCell, environment: Mapping[str, str]
) -> list[Executed]:
    at_once = asyncio.Semaphore(os.cpu_count() or 1)
    async with asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(_execute_one(name, notebook, folder, on_cell, environment, at_once))
            for name, notebook in prepared
        ]
    return [task.result() for task in tasks]


async def _execute_one(
    name: str,
    notebook: Any,
    folder: Path,
    on_cell: OnCell,
    environment: Mapping[str, str],
    at_once: asyncio.Semaphore,
) -> Executed:
    cells = len(notebook.cells)

    def on_complete(cell_index: int, **_: Any) -> None:
        on_cell(name, cell_index + 1, cells)

    failed: str | None = None
    async with at_once:
        on_cell(name, 0, cells)
        client = NotebookClient(
            notebook,
            kernel_name=KERNEL,
            timeout=CELL_TIMEOUT_S,
            resources={"metadata": {"path": str(folder)}},
            on_cell_complete=on_complete,
            shutdown_kernel="immediate",  # it has nothing to save, and may be busy
        )
        try:
            await client.async_execute(env=dict(environment), stderr=subprocess.DEVNULL)
        except CellExecutionError as error:
            failed = f"{error.ename}: {error.evalue}" if error.evalue else str(error.ename)
        except CellTimeoutError:
            failed = f"a cell took more than {CELL_TIMEOUT_S} s"
        except DeadKernelError:
            failed = "its kernel died, perhaps for lack of memory"
        if failed is not None:
            on_cell(name, cells, cells)
    return Executed(name, notebook, failed)
