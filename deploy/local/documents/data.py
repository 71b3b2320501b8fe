"""The little that is in the installation when the documents' blocks are run: what `make run` has, and something for every
question."""

import os
import urllib.request

import pika

QUESTIONS = [
    # As in the README, in rules.md and in the example of rules.
    ("test.com", "test123", "teststream"),
    ("live.example.com", "lessons", "algebra"),
    ("live.example.com", "rooms", "vip-7"),
    ("nobody.example.com", "app", "stream"),
]


def make(program, service) -> None:
    url = f"http://127.0.0.1:{service.port}/"
    program.succeed(
        "rules", "add", "--domain", "test.com", "--app", "test123", "--stream", "*", "--record", "--format", "mp4",
        "--interval", "mp4=300", "--note", "the example of the README",
    )  # fmt: skip
    program.succeed("quotas", "set", "basic", "--scope", "domain", "--concurrent", "10", "--minutes", "6000")
    program.succeed("rules", "add", "--domain", "quota.example.com", "--record", "--quota", "basic")
    for domain, app, stream in QUESTIONS:
        # The platform does not ask for a stream that was already told not to be recorded, but an operator may.
        program.succeed("push", "--url", url, "--domain", domain, "--app", app, "--stream", stream)
    tell(f"{url}callbacks/recording", b'{"domain":"test.com","app":"test123","stream":"teststream","event":"record_started"}')
    # What nobody understands, as a worker puts it there; by way of the queue it would be in the callbacks stream, too.
    connection = pika.BlockingConnection(pika.URLParameters(os.environ["NEEDRECORD_AMQP_URL"]))
    headers = {
        "reason": "malformed_body: byte 1: a name is missing",
        "origin-exchange": "needrecord",
        "origin-routing-key": "callback.on_demand",
        "rejected-by": "worker-1",
    }
    connection.channel().basic_publish("", "needrecord.dead", b"{not json", pika.BasicProperties(headers=headers))
    connection.close()


def tell(url: str, body: bytes) -> None:
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=10) as response:
        response.read()
