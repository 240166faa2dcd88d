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
    """Everything after sequence `last` of the store, each once, in order; 0 is everything. To go on after a crash, save
    `epoch` and `last` of each announcement that you are done with, and give them back."""

    PAUSE, LONGEST_PAUSE = 2.0, 16.0  # seconds before asking again

    def __init__(self, topic, replay, epoch=None, last=0):
        self.delivery, self.news_pb = compiled()
        self.epoch, self.last = epoch, last
        self.ready = []  # announcements that news() has not given out yet
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
        self.pause = self.PAUSE
        self.again = None  # when to ask again; None: no question is under way
        self._ask()

    def news(self, timeout):
        """The next announcement (ClassifiedNews), or None after `timeout` seconds without one."""
        deadline = time.monotonic() + timeout
        while not self.ready:
            left = deadline - time.monotonic()
            if left <= 0:
                return None
            for sock, _ in self.poller.poll(min(left, 0.5) * 1000):
                self._topic(*sock.recv_multipart()) if sock is self.sub else self._answer(sock.recv())
            if self.again is not None and time.monotonic() > self.again:
                self.pause = min(self.pause * 2, self.LONGEST_PAUSE)
                self._ask()
        return self.ready.pop(0)

    def _ask(self):
        envelope = self.delivery.Envelope()
        envelope.replay.after = self.last
        try:
            self.dealer.send(envelope.SerializeToString(), zmq.NOBLOCK)
        except zmq.Again:
            pass  # nobody is there; it is asked again
        self.again = time.monotonic() + self.pause

    def _topic(self, topic, body):
        is_head = topic == b"head.classified-news"
        message = (self.news_pb.Head if is_head else self.news_pb.ClassifiedNews).FromString(body)
        if self.epoch is None:
            self.epoch = message.epoch
        if message.epoch == self.epoch and not is_head and message.sequence == self.last + 1:
            self._take(message)
        elif message.epoch != self.epoch or message.sequence > self.last:
            # Something is missing, or the store is another one: the answer will tell.
            if self.again is None:
                self._ask()

    def _take(self, news):
        if news.sequence > self.last:
            self.last = news.sequence
            self.ready.append(news)

    def _answer(self, body):
        envelope = self.delivery.Envelope.FromString(body)
        kind = envelope.WhichOneof("body")
        if kind == "chunk":
            self._chunk(envelope.chunk)
        elif kind == "truncated":
            self._truncated(envelope.truncated)

    def _answered(self):
        self.pause, self.again = self.PAUSE, None

    def _chunk(self, chunk):
        if self._is_another_store(chunk.epoch) or chunk.head < chunk.after:
            return self._begin_anew(chunk.epoch)
        if chunk.after > self.last:
            return self._ask()  # answers a question that we no longer have
        before = self.last
        for news in chunk.news:
            self._take(news)
        self.last = max(self.last, chunk.through)
        if self.last >= chunk.head:
            self._answered()
        elif self.last > before:
            self._answered()
            self._ask()
        # Otherwise it brought us no further: ask again after the pause.

    def _truncated(self, truncated):
        """What lay before `oldest` is kept no more."""
        if self._is_another_store(truncated.epoch):
            return self._begin_anew(truncated.epoch)
        self.last = max(self.last, truncated.oldest - 1)
        self._answered()
        self._ask()

    def _is_another_store(self, epoch):
        if self.epoch is None:
            self.epoch = epoch
        return self.epoch != epoch

    def _begin_anew(self, epoch):
        self.epoch, self.last = epoch, 0
        self._answered()
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
    subscriber, seen = Subscriber(given.topic, given.replay, last=given.after), 0
    while not given.count or seen < given.count:
        news = subscriber.news(1)
        if news:
            seen += 1
            print(news.sequence, news.classification.primary, news.announcement.title, sep="\t", flush=True)


if __name__ == "__main__":
    main()
