"""Execution of a Dockerfile without Docker: each stage is built in a folder."""

import fnmatch
import re
import shlex
import shutil
import sys
from dataclasses import dataclass, field
from pathlib import Path

from support.checkout import clean_environment, run

SYSTEM_STEPS = ("useradd",)
"""Commands that need a whole system and are skipped."""
EXECUTED = ("FROM", "RUN", "COPY", "ENV", "WORKDIR")
"""Instructions that have an effect at build time."""


@dataclass
class Stage:
    """A stage under construction: folder, environment, and the instructions that were recorded but not executed."""

    name: str
    root: Path
    workdir: Path
    env: dict[str, str] = field(default_factory=dict)
    recorded: dict[str, str] = field(default_factory=dict)


def parse_steps(text):
    """Instruction and value of each step of a Dockerfile."""
    joined = re.sub(r"\\\n\s*", "", re.sub(r"(?m)^#.*\n", "", text))
    return [tuple(line.split(maxsplit=1)) for line in joined.splitlines() if line.strip()]


def build_context(project, rules):
    """Files in the build context; the last .dockerignore rule that matches a file or its folder decides."""
    included = set()
    for path in (path for path in project.rglob("*") if path.is_file()):
        name, is_out = path.relative_to(project).as_posix(), False
        for rule in rules:
            pattern = rule.lstrip("!")
            folders = [name, *map(str, Path(name).parents)]
            if any(fnmatch.fnmatch(folder, pattern) for folder in folders):
                is_out = not rule.startswith("!")
        if not is_out:
            included.add(name)
    return included


class Builder:
    """Executes steps below a folder that stands for `/`; each completed stage is moved aside."""

    def __init__(self, folder, context):
        self._folder, self._context, self._stages = folder, context, {}
        self._tools = folder / "tools"
        self._tools.mkdir()
        self._tool("python", getattr(sys, "_base_executable", sys.executable))
        for name in ("node", "npm"):
            self._tool(name, shutil.which(name))
        self.stage = None

    def _tool(self, name, path):
        script = self._tools / name
        script.write_text(f'#!/bin/sh\nexec "{path}" "$@"\n')
        script.chmod(0o755)

    def environment(self, **settings):
        """The environment of the stage, with the tools of its base image."""
        path = f"{self._tools}:/usr/bin:/bin"
        variables = {name: text.replace("$PATH", path) for name, text in self.stage.env.items()}
        return clean_environment(**({"PATH": path} | variables | settings))

    async def build(self, steps):
        """Execute all steps; the last stage remains."""
        for name, value in steps:
            if name in EXECUTED:
                await getattr(self, f"_{name.lower()}")(value)
            else:
                self.stage.recorded[name] = value

    def translate(self, text):
        """A command or path of the image, translated to the stage's folder."""
        return re.sub(r"(?<![\w./])/(?=(src|opt)\b)", f"{self.stage.root}/", text)

    async def _from(self, value):
        if self.stage is not None:
            self._stages[self.stage.name] = self.stage.root.rename(self._folder / f"stage-{self.stage.name}")
        root = self._folder / "root"
        root.mkdir()
        self.stage = Stage(value.partition(" AS ")[2], root, root)

    async def _run(self, value):
        if value.startswith(SYSTEM_STEPS):
            self.stage.recorded["RUN"] = value
        else:
            await run("sh", "-c", self.translate(value), cwd=self.stage.workdir, env=self.environment())

    async def _copy(self, value):
        words = value.split()
        origin = self._context
        if words[0].startswith("--from="):
            origin = self._stages[words.pop(0).removeprefix("--from=")]
        *sources, target = words
        goal = self.stage.root / target[1:] if target.startswith("/") else self.stage.workdir / target
        for source in sources:
            self._copy_path(origin / source.lstrip("/"), goal, is_into=target.endswith("/"))

    def _copy_path(self, source, goal, *, is_into):
        if source.is_dir():
            shutil.copytree(source, goal, symlinks=True, dirs_exist_ok=True)
        else:
            goal = goal / source.name if is_into else goal
            goal.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, goal)

    async def _env(self, value):
        self.stage.env |= dict(pair.split("=", 1) for pair in shlex.split(self.translate(value)))

    async def _workdir(self, value):
        self.stage.workdir = self.stage.root / value.lstrip("/")
        self.stage.workdir.mkdir(parents=True, exist_ok=True)
