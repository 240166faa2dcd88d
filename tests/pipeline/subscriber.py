#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A subscriber to classified-news that misses nothing, in plain Python: written from proto/ and
proto/PROTOCOL.md alone, with python3-zmq and python3-protobuf. A template for your own.

    tests/pipeline/subscriber.py [--topic tcp://127.0.0.1:5553] [--replay tcp://127.0.0.1:5554] [--after N] [--count N]
"""

import argparse
import functools
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import zmq

PROTO = Path(__file__).resolve().parents[2] / "proto"


@functools.cache
def compiled():
    """The message classes, compiled from the .proto files: (delivery_pb2, news_pb2)."""
    files = sorted(str(f.relative_to(PROTO)) for f in PROTO.glob("newswire/v1/*.proto"))
    with tempfile.TemporaryDirectory(prefix="newswire-proto-") as out:
        subprocess.run(["protoc", f"-I{PROTO}", f"--python_out={out}", *files], check=True)
        sys.path.insert(0, out)
        from newswire.v1 import delivery_pb2, news_pb2
        sys.path.remove(out)
    return delivery_pb2, news_pb2


class Subscriber:
    """Everything after sequence `after` of the store, each once, in order; 0 is everything."""

    ASK_AGAIN = 2.0  # seconds without an answer to a replay

    def __init__(self, topic, replay, after=0):
        self.delivery, self.news_pb = compiled()
        context = zmq.Context.instance()
        self.sub = context.socket(zmq.SUB)
        for prefix in (b"classified-news", b"head.classified-news"):
            self.sub.subscribe(prefix)  # before asking for what was missed, so that nothing falls in between
        self.sub.connect(topic)
        self.dealer = context.socket(zmq.DEALER)
        self.dealer.linger = 0
        self.dealer.connect(replay)
        self.poller = zmq.Poller()
        self.poller.register(self.sub, zmq.POLLIN)
        self.poller.register(self.dealer, zmq.POLLIN)
        self.epoch, self.last = None, after
        self.asked = None  # when; None: nothing is being asked
        self.ready = []
        self._ask()

    def news(self, timeout):
        """The next announcement (ClassifiedNews), or None after `timeout` seconds without one."""
        deadline = time.monotonic() + timeout
        while not self.ready:
            left = deadline - time.monotonic()
            if left <= 0:
                return None
            for sock, _ in self.poller.poll(min(left, 0.5) * 1000):
                self._topic() if sock is self.sub else self._chunk()
            if self.asked is not None and time.monotonic() - self.asked > self.ASK_AGAIN:
                self._ask()
        return self.ready.pop(0)

    def _ask(self):
        envelope = self.delivery.Envelope()
        envelope.replay.after = self.last
        try:
            self.dealer.send(envelope.SerializeToString(), zmq.NOBLOCK)
        except zmq.Again:
            pass  # nobody there yet
        self.asked = time.monotonic()

    def _behind(self):
        if self.asked is None:
            self._ask()

    def _epoch(self, epoch):
        """A new epoch means another store: everything of it is new to us."""
        if self.epoch not in (None, epoch):
            self.last, self.asked = 0, None
        self.epoch = epoch

    def _topic(self):
        topic, body = self.sub.recv_multipart()
        if topic == b"head.classified-news":
            head = self.news_pb.Head.FromString(body)
            self._epoch(head.epoch)
            if head.sequence > self.last:
                self._behind()
        else:
            self._take(self.news_pb.ClassifiedNews.FromString(body))

    def _take(self, news):
        self._epoch(news.epoch)
        if news.sequence == self.last + 1:
            self.last = news.sequence
            self.ready.append(news)
        elif news.sequence > self.last:
            self._behind()  # a gap: it comes again with the replay

    def _chunk(self):
        envelope = self.delivery.Envelope.FromString(self.dealer.recv())
        self.asked = None
        if envelope.WhichOneof("body") == "truncated":
            self._epoch(envelope.truncated.epoch)
            self.last = max(self.last, envelope.truncated.oldest - 1)
            self._ask()
        elif envelope.WhichOneof("body") == "chunk":
            for news in envelope.chunk.news:
                self._take(news)
            self._epoch(envelope.chunk.epoch)
            if envelope.chunk.head > self.last:
                self._ask()

    def close(self):
        self.sub.close(linger=0)
        self.dealer.close(linger=0)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--topic", default="tcp://127.0.0.1:5553")
    parser.add_argument("--replay", default="tcp://127.0.0.1:5554")
    parser.add_argument("--after", type=int, default=0)
    parser.add_argument("--count", type=int, default=0, help="end after so many")
    given = parser.parse_args()
    subscriber, seen = Subscriber(given.topic, given.replay, given.after), 0
    while not given.count or seen < given.count:
        news = subscriber.news(1)
        if news:
            seen += 1
            print(news.sequence, news.classification.primary, news.announcement.title, sep="\t", flush=True)


if __name__ == "__main__":
    main()
