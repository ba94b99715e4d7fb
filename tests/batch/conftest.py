"""Shared by the tests of batches."""

import pytest
from batch_helper import go


@pytest.fixture
def run(tmp_path):
    """Write bytes to a file of a name and decide it."""

    def inner(name, data, **options):
        path = tmp_path / name
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        return go(path, **options)

    return inner
