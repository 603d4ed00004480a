"""Does what a Dockerfile says step by step, without Docker: each stage is built in a folder."""

import fnmatch
import re
import shlex
import shutil
import sys
from dataclasses import dataclass, field
from pathlib import Path

from support.checkout import bare_environment, run

SYSTEM_STEPS = ("useradd",)
"""What needs rights over a whole system, and is not done."""
DONE = ("FROM", "RUN", "COPY", "ENV", "WORKDIR")
"""Instructions that do something when an image is built."""


@dataclass
class Stage:
    """A stage so far: where it works, what stands in its environment, and what was said and not done."""

    name: str
    root: Path
    workdir: Path
    env: dict[str, str] = field(default_factory=dict)
    said: dict[str, str] = field(default_factory=dict)


def steps_of(text):
    """Instruction and value of each step."""
    joined = re.sub(r"\\\n\s*", "", re.sub(r"(?m)^#.*\n", "", text))
    return [tuple(line.split(maxsplit=1)) for line in joined.splitlines() if line.strip()]


def context_of(project, rules):
    """The project's files that a builder gets to see; the last rule that fits a file, or a folder of it, decides."""
    cache_entry = set()
    for path in (path for path in project.rglob("*") if path.is_file()):
        name, is_out = path.relative_to(project).as_posix(), False
        for rule in rules:
            pattern = rule.lstrip("!")
            folders = [name, *map(str, Path(name).parents)]
            if any(fnmatch.fnmatch(one, pattern) for one in folders):
                is_out = not rule.startswith("!")
        if not is_out:
            cache_entry.add(name)
    return cache_entry


class Builder:
    """Does what the steps say below a folder that stands for `/`, which is put away when a stage is complete."""

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
        """The environment of the stage, with the tools that its base has."""
        path = f"{self._tools}:/usr/bin:/bin"
        given = {name: text.replace("$PATH", path) for name, text in self.stage.env.items()}
        return bare_environment(**({"PATH": path} | given | settings))

    async def build(self, steps):
        """Do all steps; the last stage stays."""
        for name, value in steps:
            if name in DONE:
                await getattr(self, f"_{name.lower()}")(value)
            else:
                self.stage.said[name] = value

    def inside(self, text):
        """A command or address of the image, below the folder."""
        return re.sub(r"(?<![\w./])/(?=(src|opt)\b)", f"{self.stage.root}/", text)

    async def _from(self, value):
        if self.stage is not None:
            self._stages[self.stage.name] = self.stage.root.rename(self._folder / f"stage-{self.stage.name}")
        root = self._folder / "root"
        root.mkdir()
        self.stage = Stage(value.partition(" AS ")[2], root, root)

    async def _run(self, value):
        if value.startswith(SYSTEM_STEPS):
            self.stage.said["RUN"] = value
        else:
            await run("sh", "-c", self.inside(value), cwd=self.stage.workdir, env=self.environment())

    async def _copy(self, value):
        words = value.split()
        origin = self._context
        if words[0].startswith("--from="):
            origin = self._stages[words.pop(0).removeprefix("--from=")]
        *sources, target = words
        goal = self.stage.root / target[1:] if target.startswith("/") else self.stage.workdir / target
        for source in sources:
            self._copied(origin / source.lstrip("/"), goal, is_into=target.endswith("/"))

    def _copied(self, source, goal, *, is_into):
        if source.is_dir():
            shutil.copytree(source, goal, symlinks=True, dirs_exist_ok=True)
        else:
            goal = goal / source.name if is_into else goal
            goal.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, goal)

    async def _env(self, value):
        self.stage.env |= dict(pair.split("=", 1) for pair in shlex.split(self.inside(value)))

    async def _workdir(self, value):
        self.stage.workdir = self.stage.root / value.lstrip("/")
        self.stage.workdir.mkdir(parents=True, exist_ok=True)
