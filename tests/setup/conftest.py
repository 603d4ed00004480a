"""Temporary folder for virtual environments."""

import shutil

import pytest


@pytest.fixture
def folder(tmp_path):
    """An empty folder that is removed after the test, because virtual environments have thousands of files."""
    yield tmp_path
    shutil.rmtree(tmp_path)
