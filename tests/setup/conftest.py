"""A folder that takes whole virtual environments, and does not keep them."""

import shutil

import pytest


@pytest.fixture
def folder(tmp_path):
    """An empty folder; unlike `tmp_path` it is gone after the test, because thousands of files end in it."""
    yield tmp_path
    shutil.rmtree(tmp_path)
