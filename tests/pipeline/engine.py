#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A container engine for the tests: the one that runs here, or one started for the test alone.

    tests/pipeline/engine.py     says whether the compose test can run here, and why not"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from stack import TOP, Failure, until

BASE = "newswire-test-base:trixie"  # a name of our own: never over an image of the user's


class Skip(Exception):
    """Why the test cannot run on this machine."""


def call(*command, seconds=120, **options):
    """Runs a command and returns what it printed; a Failure with the end of its complaint otherwise."""
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=seconds, check=False, **options)
    if done.returncode != 0:
        complaint = "\n".join((done.stdout + done.stderr).strip().splitlines()[-30:])
        raise Failure(f"{' '.join(map(str, command))}: status {done.returncode}\n{complaint}")
    return done.stdout


def answers():
    return subprocess.run(["docker", "info"], capture_output=True, timeout=30, check=False).returncode == 0


class Engine:
    """`with Engine():` docker commands work inside, by DOCKER_HOST if the engine is ours."""

    def __init__(self):
        self.process = self.directory = None

    def __enter__(self):
        if not shutil.which("docker"):
            raise Skip("docker is not installed (deploy/install-deps --docker)")
        if not answers():
            self._start()
        return self

    def _start(self):
        if os.geteuid() != 0 or not shutil.which("dockerd"):
            raise Skip("no container engine is running, and starting one takes root and dockerd")
        self.directory = tempfile.mkdtemp(prefix="newswire-docker-")
        sock = f"unix://{self.directory}/socket"
        with open(f"{self.directory}/log", "wb") as log:
            self.process = subprocess.Popen(
                ["dockerd", "-H", sock, "--data-root", f"{self.directory}/data", "--exec-root", f"{self.directory}/exec",
                 "--pidfile", f"{self.directory}/pid"], stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        os.environ["DOCKER_HOST"] = sock
        try:
            until(lambda: self.process.poll() is not None or answers(), 30, "dockerd answers")
        except Failure:
            pass
        if self.process.poll() is not None or not answers():
            lines = Path(self.directory, "log").read_text(errors="replace").strip().splitlines()
            self.__exit__()
            reason = next((line for line in reversed(lines) if "failed" in line), "it says nothing")
            raise Skip(f"dockerd does not run here: {reason[:300]}")

    def __exit__(self, *exc):
        if self.process:
            self.process.terminate()
            self.process.wait(timeout=60)
            del os.environ["DOCKER_HOST"]
            shutil.rmtree(self.directory, ignore_errors=True)


def base_image():
    """Name of a bare Debian image: NEWSWIRE_TEST_BASE, or one made from this machine's own mirror."""
    given = os.environ.get("NEWSWIRE_TEST_BASE")
    if given:
        return given
    if subprocess.run(["docker", "image", "inspect", BASE], capture_output=True, check=False).returncode == 0:
        return BASE
    if os.geteuid() != 0 or not shutil.which("debootstrap"):
        raise Skip("making a bare Debian takes root and debootstrap; NEWSWIRE_TEST_BASE may name an image instead")
    suite = BASE.split(":")[1]
    mirror = call(TOP / "deploy/install-deps", "--mirror").strip()
    with tempfile.TemporaryDirectory(prefix="newswire-base-") as root:
        call("debootstrap", "--variant=minbase", suite, root, mirror, seconds=600)
        call("sh", "-c", f"tar -C {root} -c . | docker import - {BASE}", seconds=300)
    return BASE


def compose_command():
    if shutil.which("docker-compose"):
        return ["docker-compose"]
    if subprocess.run(["docker", "compose", "version"], capture_output=True, check=False).returncode == 0:
        return ["docker", "compose"]
    raise Skip("neither docker-compose nor docker compose is installed (deploy/install-deps --docker)")


def main(test):
    """As stack.main, but 77 for what cannot run here."""
    try:
        print(f"ok: {test()}")
    except Skip as why:
        print(f"SKIPPED: {why}")
        sys.exit(77)
    except Failure as failure:
        print(f"FAILED: {failure}")
        sys.exit(1)


def probe():
    with Engine():
        compose_command()
        return "containers can be started here"


if __name__ == "__main__":
    main(probe)
