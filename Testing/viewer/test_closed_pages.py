"""A page that is closed while something is sent to it leaves no traceback in the terminal; real errors do."""

from __future__ import annotations

import asyncio
import gc

import pytest

pytestmark = pytest.mark.viewer


@pytest.mark.parametrize(
    ("error", "logged"), [(ConnectionResetError("Cannot write to closing transport"), False), (ValueError("no"), True)]
)
def test_nobody_waits_for_a_task_that_fails(error: Exception, logged: bool, caplog: pytest.LogCaptureFixture) -> None:
    from SPASegmentLib.viewer.state import no_closed_pages

    async def send() -> None:
        raise error

    async def serve() -> None:
        asyncio.get_running_loop().set_exception_handler(no_closed_pages)
        task = asyncio.get_running_loop().create_task(send())
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        del task
        gc.collect()

    asyncio.run(serve())
    assert bool([record for record in caplog.records if record.name == "asyncio"]) is logged
