#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The stack in containers, for real: built on a bare Debian, started with three classifiers, fed from inside the
fetcher's container, read on the host, one classifier killed on the way, torn down.

The base image and the built image (newswire-test-base, newswire-test) stay, so that the next run is quick."""

import json
import os
import urllib.request

from checks import complete, sequences
from engine import Engine, base_image, call, compose_command, main
from stack import TOP, Failure, free_ports, until
from subscriber import Subscriber
from website import Site

COUNT = 40
PRIVATE = "10.0.0.0/8,172.16.0.0/12,192.168.0.0/16"  # where an engine puts its networks


class Compose:
    def __init__(self):
        self.project = f"newswire-test-{os.getpid()}"
        self.ports = free_ports(3)  # topic, replay, http
        self.command = compose_command()
        self.environment = dict(
            os.environ, BASE=base_image(), NEWSWIRE_IMAGE="newswire-test", NEWSWIRE_ALLOW_PRIVATE=PRIVATE,
            NEWSWIRE_TOPIC_PORT=str(self.ports), NEWSWIRE_REPLAY_PORT=str(self.ports + 1),
            NEWSWIRE_HTTP_PORT=str(self.ports + 2))

    def __call__(self, *arguments, seconds=120):
        return call(*self.command, "-f", TOP / "docker-compose.yml", "-p", self.project, *arguments, seconds=seconds,
                    env=self.environment)

    def containers(self, service=None):
        """What docker knows of the project's containers."""
        filters = ["--filter", f"label=com.docker.compose.project={self.project}"]
        if service:
            filters += ["--filter", f"label=com.docker.compose.service={service}"]
        ids = call("docker", "ps", "-q", *filters).split()
        return json.loads(call("docker", "inspect", *ids)) if ids else []

    def healthy(self):
        states = [c["State"]["Health"]["Status"] for c in self.containers()]
        return len(states) == 6 and set(states) == {"healthy"}

    def gateway_address(self):
        """The host's own address on the fetcher's network."""
        network = json.loads(call("docker", "network", "inspect", f"{self.project}_web"))[0]
        return network["IPAM"]["Config"][0]["Gateway"]

    def __enter__(self):
        self("build", "fetcher", seconds=900)
        try:
            self("up", "-d", "--scale", "classifier=3", seconds=600)
        except BaseException:
            self.__exit__(Failure)
            raise
        return self

    def __exit__(self, kind, *exc):
        if kind:
            print("---- logs", self("logs", "--no-color", "--tail", "60"), "----", sep="\n")
        self("down", "-v", "--remove-orphans")


def locked_down(container):
    """Unprivileged, read-only root, no capabilities, no new privileges."""
    name, config, host = container["Name"], container["Config"], container["HostConfig"]
    if config["User"] in ("", "0", "root") or not host["ReadonlyRootfs"] or not host["Init"] \
            or host["CapDrop"] != ["ALL"] or host["CapAdd"] or host["Privileged"] \
            or not any(o.startswith("no-new-privileges") for o in host["SecurityOpt"]):
        raise Failure(f"{name} runs with rights it does not need")


def test():
    with Engine(), Compose() as compose:
        until(compose.healthy, 60, "all six containers are healthy")
        for container in compose.containers():
            locked_down(container)
        with Site(COUNT, host=compose.gateway_address(), delay=0.1) as site:
            subscriber, news = Subscriber(f"tcp://127.0.0.1:{compose.ports}", f"tcp://127.0.0.1:{compose.ports + 1}"), []
            compose("exec", "-T", "fetcher", "newswire", "add", *site.feeds, "--backfill", "all", "--gap", "0s")
            compose("exec", "-T", "fetcher", "newswire", "add", *site.alone, "--kind", "page", "--gap", "0s")

            def arrived(n):
                one = subscriber.news(0.1)
                if one:
                    news.append(one)
                return len(news) >= n

            until(lambda: arrived(5), 60, "first news on the host", every=0)
            victim = compose.containers("classifier")[0]["Id"]
            call("docker", "kill", victim)
            until(lambda: arrived(COUNT), 90, f"{COUNT} announcements on the host after a classifier was killed", every=0)
            subscriber.close()
            sequences(news)
            complete(news, site)
            with urllib.request.urlopen(f"http://127.0.0.1:{compose.ports + 2}/", timeout=5) as page:
                if news[-1].announcement.title not in page.read().decode():
                    raise Failure("the gateway's page does not show the newest announcement")
        if len(compose.containers("classifier")) != 2:
            raise Failure("two classifiers should be left")
    return f"{COUNT} of {COUNT} on the host through containers, one of three classifiers killed"


if __name__ == "__main__":
    main(test)
